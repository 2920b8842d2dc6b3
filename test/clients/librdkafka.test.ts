/** confluent-kafka-python: the newest librdkafka, which C, C++, Python, Go, .NET, Rust, PHP and Ruby users have. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject, test } from 'vitest';
import { runOk } from './harness/run.ts';
import { clientSuite, consumerGroupHeartbeat } from './harness/suite.ts';

const script = join(import.meta.dirname, 'python', 'scenarios.py');
/** The scenarios are the functions without arguments after the first heading. */
const [, scenarios] = readFileSync(script, 'utf8').split(/^# --- messages$/m);
const names = [...scenarios!.matchAll(/^def (\w+)\(\):/gm)].map((match) => match[1]!);

clientSuite('librdkafka', (broker) => {
  test.for(names)('%s', async (name, { skip }) => {
    if (name === 'new_group_protocol') broker().needs(consumerGroupHeartbeat, skip);
    await runOk(inject('toolchains').pythonPath, [script, broker().bootstrap, name], { timeoutMs: 85_000 });
  });
});
