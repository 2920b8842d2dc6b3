/** What the benchmarks need of Kafka: an embedded broker in a process of its own, a topic, and kafkajs in another process. */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../errors.ts';
import { openLogs } from '../logs.ts';
import { createProcesses, type Processes } from '../platform/processes.ts';
import type { Load } from './kafkajs-load.ts';

export const partitions = 6;

export interface Stage {
  readonly dir: string;
  readonly processes: Processes;
  readonly broker: Processes['broker'];
  readonly address: string;
  stop(): Promise<void>;
}

/** A folder of its own with a broker in it; gone afterwards. */
export const openStage = async (): Promise<Stage> => {
  const dir = mkdtempSync(join(tmpdir(), 'tiffin-bench-'));
  const processes = createProcesses(openLogs(), 'embedded');
  const { broker } = processes;
  const { port } = await broker.start(() => ({ host: '127.0.0.1', port: 0, dataDir: join(dir, 'kafka') }));
  return {
    dir,
    processes,
    broker,
    address: `127.0.0.1:${port}`,
    stop: async () => {
      await broker.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
};

const adminOf = async (address: string, retries: number) => {
  const { Kafka, logLevel } = await import('kafkajs');
  const options = { clientId: 'tiffin-bench', brokers: [address], logLevel: logLevel.NOTHING, retry: { retries } };
  return new Kafka(options).admin();
};

/** Before a minute is spent on our own broker: is the other one there? */
export const checkReachable = async (address: string): Promise<void> => {
  const admin = await adminOf(address, 0);
  try {
    await admin.connect();
    await admin.disconnect();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      'NO_KAFKA_THERE',
      `No Kafka answers at ${address}: ${reason}.`,
      'Start it, or check --against.',
    );
  }
};

export const createTopic = async (address: string, topic: string): Promise<void> => {
  const admin = await adminOf(address, 5);
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true });
  await admin.disconnect();
};

const entry = fileURLToPath(new URL('kafkajs-load.ts', import.meta.url));

/** Runs a load in a process of its own, so that client and broker share nothing but the socket; gives its figure. */
export const runLoad = (load: Load): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = fork(entry, [JSON.stringify(load)], {
      execArgv: ['--disable-warning=TimeoutNegativeWarning', '--disable-warning=ExperimentalWarning'],
    });
    child.once('message', resolve);
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new Error(`The client of the benchmark ended with ${signal ?? `exit code ${code}`}`)),
    );
  });
