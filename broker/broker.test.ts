/** The broker as a whole: its folder, a full disk, damage, and what it does at start and stop. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterEach, expect, test } from 'vitest';
import { startBrokerOn, type Broker } from './broker.ts';
import { MemoryFiles } from './log/memory-files.ts';
import { startTestBroker, tempDir } from './testing.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const kafkaOf = (broker: Broker, retries = 0): Kafka =>
  new Kafka({
    brokers: [`127.0.0.1:${broker.port}`],
    logLevel: logLevel.NOTHING,
    retry: { retries, initialRetryTime: 50, factor: 0 },
  });

const start = async (...args: Parameters<typeof startTestBroker>) => {
  const started = await startTestBroker(...args);
  cleanups.push(() => started.end());
  return started;
};

test('while the disk is full clients get an error that they try again after, and all goes on when there is space', async () => {
  const files = new MemoryFiles();
  const log: string[] = [];
  const config = { port: 0, dataDir: '/data', log: (_level: string, message: string) => void log.push(message) };
  const broker = await startBrokerOn(config, files);
  cleanups.push(() => broker.stop());
  const sender = kafkaOf(broker).producer();
  await sender.connect();
  await sender.send({ topic: 't', messages: [{ value: 'before' }] });
  files.isFull = true;
  await expect(sender.send({ topic: 't', messages: [{ value: 'now' }] })).rejects.toMatchObject({
    cause: { retriable: true, type: 'KAFKA_STORAGE_ERROR' },
  });
  const admin = kafkaOf(broker).admin();
  await admin.connect();
  await expect(admin.createTopics({ topics: [{ topic: 'other' }] })).rejects.toThrow();
  const patient = kafkaOf(broker, 100).producer();
  await patient.connect();
  const sending = patient.send({ topic: 't', messages: [{ value: 'patient' }] });
  files.isFull = false;
  expect((await sending)[0]?.baseOffset).toBe('1');
  await admin.createTopics({ topics: [{ topic: 'other' }] });
  expect(log.join()).toContain('ENOSPC');
  await Promise.all([sender, patient, admin].map((client) => client.disconnect()));
});

test('topics, configurations and growth survive a restart, deleted topics leave nothing behind', async () => {
  const first = await start();
  const admin = kafkaOf(first.broker).admin();
  await admin.connect();
  const configEntries = [{ name: 'retention.ms', value: '5000' }];
  await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 2, configEntries }, { topic: 'gone' }] });
  await admin.createPartitions({ topicPartitions: [{ topic: 'kept', count: 3 }] });
  await admin.deleteTopics({ topics: ['gone'] });
  await admin.disconnect();
  const second = await first.restart();
  cleanups.push(() => second.broker.stop());
  const again = kafkaOf(second.broker).admin();
  await again.connect();
  expect(await again.listTopics()).toEqual(['kept']);
  expect((await again.fetchTopicMetadata({ topics: ['kept'] })).topics[0]?.partitions.length).toBe(3);
  const resources = [{ type: 2, name: 'kept', configNames: ['retention.ms'] }];
  const { resources: described } = await again.describeConfigs({ includeSynonyms: false, resources });
  expect(described[0]?.configEntries[0]?.configValue).toBe('5000');
  await again.disconnect();
  expect(readdirSync(join(second.dir, 'topics')).map((name) => name.split('~')[0])).toEqual(['kept']);
});

test('a folder of another format is refused, and left as it is', async () => {
  const dataDir = tempDir();
  cleanups.push(async () => rmSync(dataDir, { recursive: true, force: true }));
  const meta = JSON.stringify({ format: 99, clusterId: 'x' });
  writeFileSync(join(dataDir, 'meta.json'), meta);
  await expect(startTestBroker({ dataDir })).rejects.toMatchObject({ code: 'UNKNOWN_FORMAT' });
  expect(readFileSync(join(dataDir, 'meta.json'), 'utf8')).toBe(meta);
});

test('a folder that another process uses is refused', async () => {
  const dataDir = tempDir();
  cleanups.push(async () => rmSync(dataDir, { recursive: true, force: true }));
  const first = await startTestBroker({ dataDir });
  const session = JSON.parse(readFileSync(join(dataDir, 'session.json'), 'utf8')) as object;
  await first.broker.stop();
  writeFileSync(join(dataDir, 'session.json'), JSON.stringify({ ...session, pid: process.ppid }));
  await expect(startTestBroker({ dataDir })).rejects.toMatchObject({ code: 'DATA_DIR_IN_USE' });
});

test('a path that can be no folder is an error with a way out', async () => {
  const dir = tempDir();
  cleanups.push(async () => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, 'file'), '');
  await expect(startTestBroker({ dataDir: join(dir, 'file', 'data') })).rejects.toMatchObject({
    code: 'DATA_DIR_NOT_WRITABLE',
  });
});

test('old records go by the topic’s retention, and an aborted transaction by its time-out', async () => {
  let nowMs = Date.now();
  const { broker, logged } = await start({ now: () => nowMs });
  const kafka = kafkaOf(broker, 5);
  const admin = kafka.admin();
  await admin.connect();
  const configEntries = [{ name: 'retention.ms', value: '60000' }];
  await admin.createTopics({ topics: [{ topic: 't', configEntries }] });
  const sender = kafka.producer({
    transactionalId: 'x',
    transactionTimeout: 30_000,
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await sender.connect();
  const transaction = await sender.transaction();
  await transaction.send({ topic: 't', messages: [{ value: 'left open' }] });
  nowMs += 31_000;
  await broker.maintain();
  expect(logged.map((one) => one.message).join()).toContain("transaction of 'x'");
  await expect(transaction.commit()).rejects.toThrow();
  nowMs += 62_000;
  await broker.maintain();
  expect((await admin.fetchTopicOffsets('t'))[0]).toMatchObject({ low: '2', high: '2' });
  await sender.disconnect();
  await admin.disconnect();
});

test('records with old timestamps can be read until retention is looked after, which is not at once', async () => {
  let nowMs = Date.now();
  const { broker } = await start({ now: () => nowMs, maintenanceMs: 10, retentionCheckMs: 300_000 });
  const kafka = kafkaOf(broker, 5);
  const sender = kafka.producer();
  await sender.connect();
  await sender.send({ topic: 't', messages: [{ value: 'old', timestamp: '1000' }] });
  const admin = kafka.admin();
  await admin.connect();
  const low = async (): Promise<string> => (await admin.fetchTopicOffsets('t'))[0]!.low;
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(await low()).toBe('0');
  nowMs += 300_000;
  await expect.poll(low).toBe('1');
  await sender.disconnect();
  await admin.disconnect();
});

test('a stray folder among the topics is removed at start, not taken for a topic', async () => {
  const first = await start();
  mkdirSync(join(first.dir, 'topics', 'stray~0123'), { recursive: true });
  const second = await first.restart();
  cleanups.push(() => second.broker.stop());
  expect(readdirSync(join(second.dir, 'topics'))).toEqual([]);
});
