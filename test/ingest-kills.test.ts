/** Ingest and Kafka as processes of their own, killed under load: everything arrives exactly once, in the order of its key. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Child, eventLine, feed, freePort, readAll, type Seen, ShopWriter } from './ingest-harness.ts';

const eventTopics = ['order.accepted', 'order.prepared', 'order.picked_up'];
const cdcTopics = ['customers', 'restaurants', 'orders', 'order_items'].map((table) => `cdc.shop.${table}`);

let dir: string;
let broker: Child;
let ingest: Child;
let address: string;
let gatewayUrl: string;
let shop: ShopWriter;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tiffin-ingest-'));
  const [kafkaPort, port] = [await freePort(), await freePort()];
  address = `127.0.0.1:${kafkaPort}`;
  gatewayUrl = `http://127.0.0.1:${port}`;
  shop = new ShopWriter(join(dir, 'shop.db'));
  for (let index = 0; index < 500; index++) shop.write();
  broker = new Child('ingest-broker-child.ts', { dataDir: join(dir, 'kafka'), port: kafkaPort });
  const files = { statePath: join(dir, 'ingest.db'), oltpPath: join(dir, 'shop.db') };
  ingest = new Child('ingest-child.ts', { brokers: [address], port, ...files });
  await Promise.all([broker.start(), ingest.start()]);
});

afterAll(async () => {
  shop.close();
  await ingest.end('SIGTERM');
  await broker.end('SIGTERM');
  rmSync(dir, { recursive: true });
});

/** Every sequence of a source exactly once; within a key they rise with the offset. */
function expectExact(seen: readonly Seen[], source: string, total: number): void {
  const own = seen.filter((record) => record.source === source);
  const sequences = own.map(({ sequence }) => sequence).toSorted((a, b) => a - b);
  expect(sequences).toEqual(Array.from({ length: total }, (_, sequence) => sequence));
  expect(own.every(({ sequence, value }) => value === eventLine(sequence))).toBe(true);
  for (const records of Map.groupBy(own, ({ topic, key }) => `${topic} ${key}`).values()) {
    const byOffset = records.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset);
    expect(byOffset.map(({ sequence }) => sequence)).toEqual(
      records.map(({ sequence }) => sequence).toSorted((a, b) => a - b),
    );
  }
}

async function killInTurns(kills: number): Promise<void> {
  for (let kill = 0; kill < kills; kill++) {
    await sleep(200 + ((kill * 137) % 400));
    const victim = kill % 3 === 2 ? broker : ingest;
    await victim.end('SIGKILL');
    await victim.start();
  }
}

describe('ingest, while it and Kafka are killed under load', () => {
  test('loses nothing and doubles nothing', async () => {
    const written = new AbortController();
    const sources = { city: 15_000, replay: 10_000 };
    const kills = killInTurns(7);
    const writes = (async () => {
      for (; !written.signal.aborted; await sleep(1)) shop.write();
    })();
    await Promise.all(Object.entries(sources).map(([source, total]) => feed(gatewayUrl, source, total, 250)));
    await kills;
    written.abort();
    await writes;

    // Stopped and started in peace, it knows where everything stands.
    await ingest.end('SIGTERM');
    await ingest.start();
    for (const [source, total] of Object.entries(sources)) {
      const answer = await fetch(`${gatewayUrl}/v1/sources/${source}`);
      expect(await answer.json()).toEqual({ nextSequence: total });
    }
    const seen = await readAll(address, eventTopics);
    for (const [source, total] of Object.entries(sources)) expectExact(seen, source, total);
    expect(seen.length).toBe(sources.city + sources.replay);
    await expectCaptured();
  }, 180_000);
});

interface Message {
  type: string;
  position: number;
  data: { customer_id: string };
}

/** Snapshot and changes account for the change log, and replaying them gives the table. */
async function expectCaptured(): Promise<void> {
  const last = shop.changes();
  let seen: Seen[] = [];
  do seen = await readAll(address, cdcTopics);
  while (!seen.some(({ sequence }) => sequence === last));
  const messages = seen
    .toSorted((a, b) => a.sequence - b.sequence)
    .map(({ value, sequence, key }) => ({ ...(JSON.parse(value) as Message), sequence, key }));
  const snapshot = messages.filter(({ type }) => type === 'bootstrap-insert');
  const changes = messages.filter(({ type }) => type !== 'bootstrap-insert');
  const position = snapshot[0]!.position;
  expect(new Set(snapshot.map(({ key }) => key)).size).toBe(snapshot.length);
  expect(changes.map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: last - position }, (_, index) => position + 1 + index),
  );
  const table = new Map(messages.map(({ data }) => [data.customer_id, data]));
  expect([...table.values()].toSorted(byId)).toEqual(shop.rows().toSorted(byId));
}

function byId(a: object, b: object): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
