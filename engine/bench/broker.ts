/** The broker under kafkajs: produce, consume, latency at a steady rate, memory; the same against another Kafka for the ratio. */
import { checkReachable, createTopic, openStage, partitions, runLoad, type Stage } from './kafka.ts';
import { messageBytes, type BenchOptions, type BenchResult, type Figure } from './types.ts';

const latencyRatePerSecond = 1_000;
const steadyRatePerSecond = 100_000;
const warmUpMessages = 20_000;

interface Measured {
  readonly produced: number;
  readonly consumed: number;
  readonly p99Ms: number;
}

export const benchBroker = async (options: BenchOptions): Promise<BenchResult> => {
  const messages = options.seconds * 40_000;
  const { against, tell } = options;
  if (against !== undefined) await checkReachable(against);
  const steady = await onStage((stage) => measureMemory(stage, options));
  tell(`broker: ${messages} messages of ${messageBytes} bytes over ${partitions} partitions …`);
  const { own, peak } = await onStage(async (stage) => ({
    own: await measure(stage.address, messages, options),
    peak: memoryOf('memory of the broker, peak of all that', stage),
  }));
  const others = against === undefined ? [] : compare(own, await measure(against, messages, options), against);
  return {
    bench: 'broker',
    how: `kafkajs 2.2.4 in a process of its own, acks=all, ${messages} messages of ${messageBytes} bytes, ${partitions} partitions`,
    figures: [...figuresOf(own, 'embedded'), peak, ...steady, ...others],
  };
};

const onStage = async <T>(work: (stage: Stage) => Promise<T>): Promise<T> => {
  const stage = await openStage();
  try {
    return await work(stage);
  } finally {
    await stage.stop();
  }
};

const memoryOf = (name: string, { broker }: Stage): Figure => ({
  name,
  value: Math.round(broker.totals.rssPeakBytes / 1e6),
  unit: 'MB',
});

/** What a broker that has just started needs at a steady rate; the rate that the client really kept is told with it. */
const measureMemory = async (stage: Stage, { seconds, tell }: BenchOptions): Promise<Figure[]> => {
  const { address } = stage;
  tell(`broker: memory at ${steadyRatePerSecond} messages a second …`);
  await createTopic(address, 'steady');
  const rate = await runLoad({
    kind: 'produce',
    address,
    topic: 'steady',
    messages: seconds * steadyRatePerSecond,
    ratePerSecond: steadyRatePerSecond,
  });
  return [
    { name: 'a fresh broker at a steady rate of', value: Math.round(rate), unit: 'messages/s' },
    memoryOf('memory of the broker at that rate, peak', stage),
  ];
};

const measure = async (address: string, messages: number, { seconds, tell }: BenchOptions): Promise<Measured> => {
  const topic = `bench-${Date.now().toString(36)}`;
  await createTopic(address, topic);
  await runLoad({ kind: 'produce', address, topic, messages: warmUpMessages });
  tell(`  ${address}: producing …`);
  const produced = await runLoad({ kind: 'produce', address, topic, messages });
  tell(`  ${address}: consuming …`);
  const consumed = await runLoad({ kind: 'consume', address, topic, messages: messages + warmUpMessages });
  tell(`  ${address}: latency at ${latencyRatePerSecond} a second …`);
  const p99Ms = await runLoad({ kind: 'latency', address, topic, ratePerSecond: latencyRatePerSecond, seconds });
  return { produced, consumed, p99Ms };
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
