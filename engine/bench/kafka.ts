/** What the benchmarks need of Kafka: an embedded broker in a process of its own, and a topic full of JSON. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kafka, Message } from 'kafkajs';
import { openLogs } from '../logs.ts';
import { createProcesses, type Processes } from '../platform/processes.ts';

export const messageBytes = 240;
export const partitions = 6;
const batchMessages = 2_000;

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

export const connect = async (address: string): Promise<Kafka> => {
  const { Kafka: Client, logLevel } = await import('kafkajs');
  return new Client({ clientId: 'tiffin-bench', brokers: [address], logLevel: logLevel.NOTHING });
};

/** A JSON object of exactly `messageBytes` bytes. */
export const jsonMessage = (number: number): Message => {
  const head = `{"event_id":"${String(number).padStart(12, '0')}","type":"bench.event","event_time":"2026-01-05T06:00:00.000Z","filler":"`;
  return { key: String(number % 10_000), value: head.padEnd(messageBytes - 2, 'x') + '"}' };
};

export const createTopic = async (kafka: Kafka, topic: string): Promise<void> => {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: partitions }], waitForLeaders: true });
  await admin.disconnect();
};

/** Produces so many messages with acks=all, a few requests under way at a time; gives the seconds that it took. */
export const fill = async (kafka: Kafka, topic: string, messages: number): Promise<number> => {
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const beganAtMs = performance.now();
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < messages) {
      const count = Math.min(batchMessages, messages - next);
      const first = next;
      next += count;
      await producer.send({
        topic,
        acks: -1,
        messages: Array.from({ length: count }, (_, i) => jsonMessage(first + i)),
      });
    }
  };
  await Promise.all(Array.from({ length: 4 }, lane));
  const seconds = (performance.now() - beganAtMs) / 1000;
  await producer.disconnect();
  return seconds;
};
