/**
 * The same load on the embedded broker and on a real Apache Kafka (with the JVM settings of its own scripts), in turns, and the ratio:
 * node test/clients/bench.ts [--rounds N] [--messages N] [--only kafkajs]. Six partitions, 240 bytes a message, acks=all, no proxy between. Each client is a process of
 * its own; the median of the rounds counts, because other things happen on a computer.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { classPath, startApache } from '../../engine/index.ts';
import { startEmbedded } from './harness/embedded.ts';
import { runOk } from './harness/run.ts';
import type { RunningBroker } from './harness/target.ts';
import { findToolchains, type Toolchains } from './harness/toolchains.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    messages: { type: 'string', default: '1000000' },
    only: { type: 'string', default: '' },
  },
});
const rounds = Number(values.rounds);
const messages = Number(values.messages);
const partitions = 6;
const messageBytes = 240;

type Figures = Readonly<Record<string, number>>;

/** Runs every load on one broker; messages a second. */
const measure = async (bootstrap: string, pid: number, toolchains: Toolchains): Promise<Figures> => {
  const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await admin.createTopics({ topics: ['java', 'kafkajs'].map((topic) => ({ topic, numPartitions: partitions })) });
  await admin.disconnect();
  const tool = async (name: string, more: string[]): Promise<string> =>
    (
      await runOk('java', ['-Xmx1g', '-cp', classPath(toolchains.jarsDir), `org.apache.kafka.tools.${name}`, ...more], {
        timeoutMs: 300_000,
      })
    ).stdout;
  const load = join(import.meta.dirname, 'bench-kafkajs.ts');
  const kafkajs = async (what: 'produce' | 'consume'): Promise<number> =>
    Number((await runOk(process.execPath, [load, what, bootstrap, String(messages)], { timeoutMs: 300_000 })).stdout);

  const javaProducer = async (): Promise<number> => {
    const how = `--topic java --throughput -1 --num-records ${messages} --record-size ${messageBytes}`;
    const props = ['--producer-props', 'acks=all', `bootstrap.servers=${bootstrap}`];
    const text = await tool('ProducerPerformance', [...how.split(' '), ...props]);
    return Number(/([\d.]+) records\/sec[^\n]*\n*$/.exec(text)?.[1]);
  };
  const javaConsumer = async (): Promise<number> => {
    const how = `--topic java --timeout 60000 --messages ${messages} --bootstrap-server ${bootstrap}`;
    const text = await tool('ConsumerPerformance', how.split(' '));
    // …, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec
    return Number(text.trim().split('\n').at(-1)!.split(', ')[9]);
  };
  const loads: readonly [name: string, run: () => Promise<number>][] = [
    ['kafka-producer-perf-test', javaProducer],
    ['kafka-consumer-perf-test', javaConsumer],
    ['kafkajs producer', () => kafkajs('produce')],
    ['kafkajs consumer', () => kafkajs('consume')],
  ];
  const figures: Record<string, number> = {};
  for (const [name, run] of loads.filter(([one]) => one.includes(values.only))) {
    const before = cpuSeconds(pid);
    figures[name] = await run();
    figures[`${name}: CPU of the broker (ms)`] = 1000 * (cpuSeconds(pid) - before);
  }
  return figures;
};

const clockTicksPerSecond = 100;

/** What a process has used of the processor, where the system tells (Linux): the figure that other load on the computer disturbs least. */
const cpuSeconds = (pid: number): number => {
  if (process.platform !== 'linux') return Number.NaN;
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ').slice(11, 13);
  return (Number(user) + Number(system)) / clockTicksPerSecond;
};

/** Peak memory of a process, where the system tells (Linux). */
const peakMb = (pid: number): number => {
  if (process.platform !== 'linux') return Number.NaN;
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
};

const withBroker = async (
  start: (dataDir: string) => Promise<RunningBroker>,
  toolchains: Toolchains,
): Promise<Figures> => {
  const dir = mkdtempSync(join(tmpdir(), 'tiffin-bench-'));
  try {
    const broker = await start(dir);
    try {
      const figures = await measure(`127.0.0.1:${broker.ports.plain}`, broker.pid, toolchains);
      return { ...figures, 'peak memory of the broker (MB)': peakMb(broker.pid) };
    } finally {
      await broker.stop();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

const toolchains = await findToolchains();
if (toolchains.java.missing !== undefined) throw new Error(toolchains.java.missing);
const { jarsDir } = toolchains;
const ours: Figures[] = [];
const theirs: Figures[] = [];
for (let round = 1; round <= rounds; round++) {
  ours.push(await withBroker((dataDir) => startEmbedded({ dataDir }), toolchains));
  theirs.push(await withBroker((dataDir) => startApache({ dataDir, jarsDir, favour: 'speed' }), toolchains));
  console.error(`round ${round}: ${JSON.stringify({ ours: ours.at(-1), apache: theirs.at(-1) })}`);
}
const rows = Object.keys(ours[0]!).map((name) => {
  const [embedded, apache] = [ours, theirs].map((list) => median(list.map((figures) => figures[name]!)));
  return {
    '': name,
    embedded: Math.round(embedded!),
    apache: Math.round(apache!),
    ratio: Number((embedded! / apache!).toFixed(2)),
  };
});
console.table(rows);
