/** The broker under kafkajs: produce, consume, latency at a steady rate, memory; the same against another Kafka for the ratio. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { connect, createTopic, fill, jsonMessage, messageBytes, openStage, partitions } from './kafka.ts';
import type { BenchOptions, BenchResult, Figure } from './types.ts';

const latencyRatePerSecond = 1_000;

interface Measured {
  readonly produced: number;
  readonly consumed: number;
  readonly p99Ms: number;
}

export const benchBroker = async (options: BenchOptions): Promise<BenchResult> => {
  const messages = options.seconds * 40_000;
  const stage = await openStage();
  try {
    options.tell(`broker: ${messages} messages of ${messageBytes} bytes over ${partitions} partitions …`);
    const own = await measure(stage.address, messages, options);
    const figures = figuresOf(own, 'embedded');
    const rss = {
      name: 'memory of the broker, peak',
      value: Math.round(stage.broker.totals.rssPeakBytes / 1e6),
      unit: 'MB',
    };
    const others =
      options.against === undefined
        ? []
        : compare(own, await measure(options.against, messages, options), options.against);
    return {
      bench: 'broker',
      how: `kafkajs 2.2.4, acks=all, ${messages} messages of ${messageBytes} bytes, ${partitions} partitions, one client process`,
      figures: [...figures, rss, ...others],
    };
  } finally {
    await stage.stop();
  }
};

const measure = async (address: string, messages: number, { seconds, tell }: BenchOptions): Promise<Measured> => {
  const kafka = await connect(address);
  const topic = `bench-${Date.now().toString(36)}`;
  await createTopic(kafka, topic);
  await fill(kafka, topic, 20_000);
  tell(`  ${address}: producing …`);
  const produceSeconds = await fill(kafka, topic, messages);
  tell(`  ${address}: consuming …`);
  const consumeSeconds = await consume(kafka, topic, messages + 20_000);
  tell(`  ${address}: latency at ${latencyRatePerSecond} a second …`);
  const p99Ms = await latency(kafka, topic, seconds);
  return { produced: messages / produceSeconds, consumed: (messages + 20_000) / consumeSeconds, p99Ms };
};

const consume = async (kafka: Kafka, topic: string, messages: number): Promise<number> => {
  const consumer = kafka.consumer({ groupId: topic, maxBytesPerPartition: 4 << 20 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let seen = 0;
  let beganAtMs = 0;
  const done = Promise.withResolvers<void>();
  await consumer.run({
    eachBatchAutoResolve: true,
    // The clock starts with the first batch: joining the group is not what is measured.
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
  return seconds;
};

/** One message a request, so many requests a second, whether or not the ones before were answered. */
const latency = async (kafka: Kafka, topic: string, seconds: number): Promise<number> => {
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
    const due = ((performance.now() - beganAtMs) / 1000) * latencyRatePerSecond;
    while (sends.length < due) sends.push(send(sends.length));
    await sleep(1);
  }
  await Promise.all(sends);
  await producer.disconnect();
  return latenciesMs.toSorted((a, b) => a - b)[Math.floor(latenciesMs.length * 0.99)] ?? 0;
};

const figuresOf = ({ produced, consumed, p99Ms }: Measured, of: string): Figure[] => [
  { name: `${of}: produced`, value: Math.round(produced), unit: 'messages/s' },
  { name: `${of}: consumed`, value: Math.round(consumed), unit: 'messages/s' },
  { name: `${of}: produce latency p99 at ${latencyRatePerSecond}/s`, value: Math.round(p99Ms * 10) / 10, unit: 'ms' },
];

const compare = (own: Measured, other: Measured, name: string): Figure[] => [
  ...figuresOf(other, name),
  { name: 'produced, embedded to other', value: Math.round((own.produced / other.produced) * 100) / 100, unit: '×' },
  { name: 'consumed, embedded to other', value: Math.round((own.consumed / other.consumed) * 100) / 100, unit: '×' },
];
