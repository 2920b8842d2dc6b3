/** kill -9 under load: see kill-harness.ts. The long form, with 200 kills, is in test/long. */
import { rmSync } from 'node:fs';
import { Kafka, logLevel } from 'kafkajs';
import { expect, test } from 'vitest';
import { KilledBroker, killUnderLoad, TOPIC, PARTITIONS } from './kill-harness.ts';
import { randomFrom } from './network/fuzz.ts';
import { tempDir } from './testing.ts';

test('killed again and again: nothing acknowledged is lost, nothing is there twice, offsets have no gap', async () => {
  const dir = tempDir();
  const broker = new KilledBroker(dir);
  await broker.start();
  const kafka = new Kafka({ brokers: [`127.0.0.1:${broker.port}`], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS }] });
  await admin.disconnect();
  const { acknowledged, repeated } = await killUnderLoad(broker, 6, randomFrom(7));

  const stored = new Map<string, string>();
  const consumer = kafka.consumer({ groupId: 'check', maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({
      partition,
      message,
    }: {
      partition: number;
      message: { offset: string; value: Buffer | null };
    }) => {
      stored.set(`${partition}/${message.offset}`, message.value?.toString().replace(/\.+$/, '') ?? '');
      if (stored.size === acknowledged.length) resolve();
    };
    consumer.run({ eachMessage }).catch(reject);
  });
  await consumer.disconnect();
  await broker.kill();
  rmSync(dir, { recursive: true, force: true });
  expect(repeated).toBeGreaterThan(0);
  expect(new Map(acknowledged.map((one) => [`${one.partition}/${one.offset}`, one.value]))).toEqual(stored);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const offsets = acknowledged.filter((one) => one.partition === partition).map((one) => one.offset);
    expect(offsets).toEqual(offsets.map((_, at) => at));
  }
});
