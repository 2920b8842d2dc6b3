/** franz-go, the Go client that most new Go programs use. */
import { execFileSync } from 'node:child_process';
import { inject, test } from 'vitest';
import { runOk } from './harness/run.ts';
import { clientSuite } from './harness/suite.ts';

const { franz, franzPath } = inject('toolchains');
const scenarios =
  franz.missing === undefined
    ? execFileSync(franzPath, ['list'], { encoding: 'utf8' }).trim().split('\n')
    : ['its scenarios'];

clientSuite('franz', (broker) => {
  test.each(scenarios)('%s', async (name) => {
    await runOk(franzPath, [broker().bootstrap, name], { timeoutMs: 85_000 });
  });
});
