/** Ingest over the embedded Kafka, in one process: what other clients of that Kafka see of it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Broker, startBroker } from '../broker/index.ts';
import { type Ingest, startIngest } from '../ingest/index.ts';
import { eventLine, freePort, readAll, ShopWriter } from './ingest-harness.ts';

let dir: string;
let port: number;
let broker: Broker | undefined;
let ingest: Ingest;

const quiet = { log: () => undefined, now: Date.now };

async function startKafka(): Promise<Kafka> {
  broker = await startBroker({ dataDir: join(dir, 'kafka'), port, groupInitialDelayMs: 0, ...quiet });
  return new Kafka({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING });
}

async function post(path: string, body: string, headers: Record<string, string> = {}): Promise<[number, unknown]> {
  const answer = await fetch(`${ingest.gatewayUrl}${path}`, { method: 'POST', body, headers });
  return [answer.status, await answer.json()];
}

function from(source: string, first: number): Record<string, string> {
  return { 'tiffin-source': source, 'tiffin-first-sequence': String(first) };
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tiffin-ingest-'));
  port = await freePort();
  broker = undefined;
  const files = { statePath: join(dir, 'ingest.db'), oltpPath: join(dir, 'shop.db') };
  ingest = await startIngest({
    brokers: [`127.0.0.1:${port}`],
    host: '127.0.0.1',
    port: 0,
    patienceMs: 200,
    ...files,
    ...quiet,
  });
});

afterEach(async () => {
  await ingest.stop();
  await broker?.stop();
  rmSync(dir, { recursive: true });
});

describe('ingest over the embedded Kafka', () => {
  test('waits for a Kafka that starts later', async () => {
    const [status, body] = await post('/v1/events', eventLine(0), from('city', 0));
    expect([status, body]).toMatchObject([503, { error: { code: 'KAFKA_AWAY' } }]);
    expect(ingest.metrics().kafka.state).not.toBe('connected');
    await startKafka();
    let answer = await post('/v1/events', eventLine(0), from('city', 0));
    while (answer[0] === 503) answer = await post('/v1/events', eventLine(0), from('city', 0));
    expect(answer).toMatchObject([200, { nextSequence: 1 }]);
    expect(await readAll(`127.0.0.1:${port}`, ['order.accepted'])).toHaveLength(1);
  });

  test("puts a key where kafkajs's own producer puts it, whatever the number of partitions", async () => {
    const kafka = await startKafka();
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'seven', numPartitions: 7 }] });
    const keys = Array.from({ length: 100 }, (_, index) => `key ${index} ${'é'.repeat(index % 5)}`);
    const lines = keys.map((id) => JSON.stringify({ id })).join('\n');
    await post('/v1/topics/seven', lines, { ...from('file', 0), 'tiffin-key-field': 'id' });
    await post('/v1/topics/mine', lines, { 'tiffin-key-field': 'id' });
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const messages = keys.map((key) => ({ key, value: 'kafkajs' }));
    await producer.sendBatch({
      topicMessages: [
        { topic: 'seven', messages },
        { topic: 'mine', messages },
      ],
    });
    await producer.disconnect();
    const seen = await readAll(`127.0.0.1:${port}`, ['seven', 'mine']);
    expect(seen).toHaveLength(400);
    for (const records of Map.groupBy(seen, ({ topic, key }) => `${topic} ${key}`).values())
      expect(new Set(records.map(({ partition }) => partition)).size).toBe(1);
    expect(new Set(seen.filter(({ topic }) => topic === 'seven').map(({ partition }) => partition)).size).toBe(7);
    const { topics } = await admin.fetchTopicMetadata({ topics: ['mine'] });
    expect(topics[0]!.partitions).toHaveLength(3);
    await admin.disconnect();
  });

  test('counts what it took, what it had and what it refused', async () => {
    await startKafka();
    const lines = [0, 1, 2].map(eventLine).join('\n');
    while ((await post('/v1/events', lines, from('city', 0)))[0] !== 200);
    await post('/v1/events', lines, from('city', 0));
    await post('/v1/events', lines);
    await post('/v1/events', '{"type":"order.accepted"}');
    expect(ingest.metrics().topics['order.accepted']).toEqual({ accepted: 2, duplicates: 1, rejected: 1 });
    expect(ingest.metrics()).toMatchObject({ kafka: { state: 'connected', problem: null }, cdc: { state: 'waiting' } });
  });

  test('asks for everything again after its topics were deleted', async () => {
    const kafka = await startKafka();
    const lines = Array.from({ length: 60 }, (_, sequence) => eventLine(sequence)).join('\n');
    while ((await post('/v1/events', lines, from('city', 0)))[0] !== 200);
    const admin = kafka.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: ['order.accepted'] });
    await admin.disconnect();
    let answer = await post('/v1/events', eventLine(60), from('city', 60));
    while (answer[0] === 503) answer = await post('/v1/events', eventLine(60), from('city', 60));
    expect(answer).toMatchObject([409, { error: { code: 'SEQUENCE_GAP' }, nextSequence: 0 }]);
    expect(await post('/v1/events', lines, from('city', 0))).toMatchObject([200, { nextSequence: 60 }]);
    const seen = await readAll(`127.0.0.1:${port}`, ['order.accepted', 'order.prepared', 'order.picked_up']);
    expect(seen.map(({ sequence }) => sequence).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 60 }, (_, n) => n),
    );
  });

  test('captures the shop, and says how many messages the audit has to find', async () => {
    const shop = new ShopWriter(join(dir, 'shop.db'));
    for (let count = 0; count < 50; count++) shop.write();
    await startKafka();
    while (ingest.metrics().cdc!.snapshotPosition === null) await ingest.cdcDrained();
    for (let count = 0; count < 30; count++) shop.write();
    const { position } = await ingest.cdcDrained();
    expect(position).toBe(shop.changes());
    const { tables } = ingest.cdcCounts();
    const { bootstrap, changes } = tables['customers']!;
    const seen = await readAll(`127.0.0.1:${port}`, ['cdc.shop.customers']);
    expect(seen.filter(({ value }) => value.includes('"bootstrap-insert"'))).toHaveLength(bootstrap);
    expect(seen).toHaveLength(bootstrap + changes);
    expect(ingest.metrics().cdc).toMatchObject({ state: 'streaming', lagChanges: 0, position });
    shop.close();
  });
});
