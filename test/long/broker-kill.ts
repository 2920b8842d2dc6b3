/**
 * `node test/long/broker-kill.ts [kills] [seed]`: kills a broker 200 times under load and compares what was acknowledged
 * with what is there. Exit 0: all of it, once, in order.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { KilledBroker, killUnderLoad, PARTITIONS, TOPIC } from '../../broker/kill-harness.ts';
import { randomFrom } from '../../broker/network/fuzz.ts';

const [kills = '200', seed = '1'] = process.argv.slice(2);
const dir = mkdtempSync(join(tmpdir(), 'tiffin-kill-'));
const broker = new KilledBroker(dir);
await broker.start();
const kafka = new Kafka({ brokers: [`127.0.0.1:${broker.port}`], logLevel: logLevel.NOTHING });
const admin = kafka.admin();
await admin.connect();
await admin.createTopics({ topics: [{ topic: TOPIC, numPartitions: PARTITIONS }] });
const { acknowledged, repeated } = await killUnderLoad(broker, Number(kills), randomFrom(Number(seed)));
const ends = await admin.fetchTopicOffsets(TOPIC);
await admin.disconnect();

const wrong: string[] = [];
for (const { partition, high } of ends) {
  const known = acknowledged.filter((one) => one.partition === partition);
  if (Number(high) !== known.length) wrong.push(`partition ${partition}: ${high} stored, ${known.length} acknowledged`);
}
const expected = new Map(acknowledged.map((one) => [`${one.partition}/${one.offset}`, one.value]));
const consumer = kafka.consumer({ groupId: 'check', maxWaitTimeInMs: 100 });
await consumer.connect();
await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
let seen = 0;
await new Promise<void>((resolve, reject) => {
  const eachBatch = async ({
    batch,
  }: {
    batch: { partition: number; messages: { offset: string; value: Buffer | null }[] };
  }) => {
    for (const { offset, value } of batch.messages) {
      const stored = value?.toString().replace(/\.+$/, '');
      const place = `${batch.partition}/${offset}`;
      if (expected.get(place) !== stored) wrong.push(`${place} is ${stored}, acknowledged was ${expected.get(place)}`);
      seen++;
    }
    if (seen >= acknowledged.length) resolve();
  };
  consumer.run({ eachBatch }).catch(reject);
});
await consumer.disconnect();
await broker.kill();
rmSync(dir, { recursive: true, force: true });
console.log(
  JSON.stringify({
    kills: Number(kills),
    seed: Number(seed),
    acknowledged: acknowledged.length,
    repeated,
    wrong: wrong.slice(0, 20),
  }),
);
process.exit(wrong.length === 0 ? 0 : 1);
