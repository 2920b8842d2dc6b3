/** confluent-kafka-python: the newest librdkafka, which C, C++, Python, Go, .NET, Rust, PHP and Ruby users have. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import { runOk } from './harness/run.ts';
import { clientSuite, consumerGroupHeartbeat } from './harness/suite.ts';
import { user } from './harness/target.ts';

const script = join(import.meta.dirname, 'python', 'scenarios.py');
/** The scenarios are the functions without arguments after the first heading. */
const headings = /^# --- (?:messages|logging in|while the broker is killed)$/m;
const [, scenarios, login, withKill] = readFileSync(script, 'utf8').split(headings);
const namesIn = (text: string): string[] => [...text.matchAll(/^def (\w+)\(\):/gm)].map((match) => match[1]!);

clientSuite('librdkafka', (broker) => {
  test.for(namesIn(scenarios!))('%s', async (name, { skip }) => {
    if (name === 'new_group_protocol') broker().needs(consumerGroupHeartbeat, skip);
    await runOk(inject('toolchains').pythonPath, [script, broker().bootstrap, name], { timeoutMs: 85_000 });
  });

  test.for(namesIn(login!))('%s', async (name) => {
    const sasl = [broker().saslBootstrap, user.name, user.password];
    await runOk(inject('toolchains').pythonPath, [script, broker().bootstrap, name, ...sasl]);
  });

  test.for(namesIn(withKill!))('%s while the broker is killed', async (name) => {
    let restarted: Promise<void> | undefined;
    await runOk(inject('toolchains').pythonPath, [script, broker().bootstrap, name], {
      timeoutMs: 85_000,
      onOutput: () => (restarted ??= broker().restart()),
    });
    expect(restarted).toBeDefined();
    await restarted;
  });
});
