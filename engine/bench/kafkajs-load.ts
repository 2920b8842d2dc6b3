/** One load of kafkajs on a Kafka, as a process: takes what to do as JSON in its argument and sends its figure to its parent. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Kafka, logLevel, type Message } from 'kafkajs';
import { messageBytes } from './types.ts';

export type Load = { readonly address: string; readonly topic: string } & (
  | { readonly kind: 'produce'; readonly messages: number; readonly ratePerSecond?: number }
  | { readonly kind: 'consume'; readonly messages: number }
  | { readonly kind: 'latency'; readonly ratePerSecond: number; readonly seconds: number }
);

const batchMessages = 2_000;
const lanes = 4;

/** A JSON object of exactly `messageBytes` bytes. */
const jsonMessage = (number: number): Message => {
  const head = `{"event_id":"${String(number).padStart(12, '0')}","type":"bench.event","event_time":"2026-01-05T06:00:00.000Z","filler":"`;
  return { key: String(number % 10_000), value: head.padEnd(messageBytes - 2, 'x') + '"}' };
};

/** Messages a second. They are made beforehand: their making is not what is measured. */
const produce = async (kafka: Kafka, { topic, messages, ratePerSecond = Infinity }: Load & { kind: 'produce' }) => {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const batches = Array.from({ length: 20 }, (_, batch) =>
    Array.from({ length: batchMessages }, (_message, at) => jsonMessage(batch * batchMessages + at)),
  );
  const beganAtMs = performance.now();
  let sent = 0;
  const lane = async (): Promise<void> => {
    while (sent < messages) {
      const batch = batches[(sent / batchMessages) % batches.length]!;
      const waitMs = (sent / ratePerSecond) * 1000 - (performance.now() - beganAtMs);
      sent += batchMessages;
      if (waitMs > 1) await sleep(waitMs);
      await producer.send({ topic, acks: -1, messages: batch });
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  const seconds = (performance.now() - beganAtMs) / 1000;
  await producer.disconnect();
  return sent / seconds;
};

/** Messages a second, from the first batch on: joining the group is not what is measured. */
const consume = async (kafka: Kafka, { topic, messages }: Load & { kind: 'consume' }) => {
  const consumer = kafka.consumer({ groupId: topic });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let seen = 0;
  let beganAtMs = 0;
  const done = Promise.withResolvers<void>();
  await consumer.run({
    eachBatchAutoResolve: true,
    eachBatch: ({ batch }) => {
      if (seen === 0) beganAtMs = performance.now();
      seen += batch.messages.length;
      if (seen >= messages) done.resolve();
      return Promise.resolve();
    },
  });
  await done.promise;
  const seconds = (performance.now() - beganAtMs) / 1000;
  await consumer.disconnect();
  return seen / seconds;
};

/** The 99th percentile in milliseconds: one message a request, whether or not the requests before were answered. */
const latency = async (kafka: Kafka, { topic, ratePerSecond, seconds }: Load & { kind: 'latency' }) => {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const beganAtMs = performance.now();
  const latenciesMs: number[] = [];
  const sends: Promise<void>[] = [];
  const send = async (number: number): Promise<void> => {
    const sentAtMs = performance.now();
    await producer.send({ topic, acks: -1, messages: [jsonMessage(number)] });
    latenciesMs.push(performance.now() - sentAtMs);
  };
  while (performance.now() - beganAtMs < seconds * 1000) {
    const due = ((performance.now() - beganAtMs) / 1000) * ratePerSecond;
    while (sends.length < due) sends.push(send(sends.length));
    await sleep(1);
  }
  await Promise.all(sends);
  await producer.disconnect();
  return latenciesMs.toSorted((a, b) => a - b)[Math.floor(latenciesMs.length * 0.99)] ?? 0;
};

const run = (load: Load): Promise<number> => {
  const kafka = new Kafka({ clientId: 'tiffin-bench', brokers: [load.address], logLevel: logLevel.NOTHING });
  switch (load.kind) {
    case 'produce':
      return produce(kafka, load);
    case 'consume':
      return consume(kafka, load);
    case 'latency':
      return latency(kafka, load);
  }
};

const figure = await run(JSON.parse(process.argv[2]!) as Load);
process.send!(figure, () => process.disconnect());
