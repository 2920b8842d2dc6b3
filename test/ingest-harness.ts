/** What the tests of ingest over a real Kafka share: children that can be killed, sources that insist, and a reader that sees all. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { Kafka, logLevel } from 'kafkajs';
import { shopSchema } from '../simulator/index.ts';

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** A script of this folder as a process; `config` is its argument as JSON, and its first line on stdout says that it is up. */
export class Child {
  readonly #script: string;
  readonly #config: object;
  #process: ChildProcess | undefined;

  constructor(script: string, config: object) {
    this.#script = resolve(import.meta.dirname, script);
    this.#config = config;
  }

  async start(): Promise<void> {
    const args = ['--disable-warning=TimeoutNegativeWarning', this.#script, JSON.stringify(this.#config)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    this.#process = child;
    let errors = '';
    child.stderr!.on('data', (text: Buffer) => (errors = (errors + text.toString()).slice(-4_000)));
    const died = once(child, 'exit').then(([code]) => {
      throw new Error(`${this.#script} ended with ${code}: ${errors}`);
    });
    await Promise.race([once(child.stdout!, 'data'), died]);
    died.catch(() => undefined); // from now on its end is the test's own doing
    child.stdout!.resume();
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }
}

const restaurant = { customer_id: 'INDO-C00001', restaurant_id: 'INDO-R001' };
const kinds = [
  { type: 'order.accepted', ...restaurant, promised_prep_minutes: 12 },
  { type: 'order.prepared', ...restaurant, prep_minutes: 12.5 },
  { type: 'order.picked_up', ...restaurant, rider_id: 'INDO-D0001', waited_minutes: 0.5 },
];

/** The event of a sequence: what a source says never changes. */
export function eventLine(sequence: number): string {
  const order = `0a1b2c3d-00007-${String(sequence >> 2).padStart(5, '0')}`;
  const id = { event_id: `${order}-${String(sequence).padStart(6, '0')}`, event_time: '2026-01-05T06:30:00.000Z' };
  return JSON.stringify({ ...id, order_id: order, city: 'INDO', ...kinds[sequence % kinds.length] });
}

async function ask(url: string, init: RequestInit = {}): Promise<{ status: number; nextSequence: number } | undefined> {
  try {
    const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(20_000) });
    const { nextSequence } = (await answer.json()) as { nextSequence?: number };
    return { status: answer.status, nextSequence: nextSequence ?? -1 };
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) return undefined; // killed, or about to start
    throw error;
  }
}

/** Sends sequences 0 … total-1 and insists: after any trouble it asks how far it came, or just sends the same again. */
export async function feed(gatewayUrl: string, source: string, total: number, perPost: number): Promise<void> {
  for (let next = 0, attempt = 0; next < total; attempt++) {
    const last = Math.min(total, next + perPost);
    const lines = Array.from({ length: last - next }, (_, index) => eventLine(next + index)).join('\n');
    const headers = { 'tiffin-source': source, 'tiffin-first-sequence': String(next) };
    const answer = await ask(`${gatewayUrl}/v1/events`, { method: 'POST', body: lines, headers });
    if (answer?.status === 200) next = answer.nextSequence;
    else if (answer !== undefined && answer.status !== 503 && answer.status !== 409)
      throw new Error(`${source} got ${answer.status} for ${next}`);
    else {
      await sleep(20);
      const known = attempt % 2 === 0 ? await ask(`${gatewayUrl}/v1/sources/${source}`) : undefined;
      if (known?.status === 200) next = known.nextSequence;
    }
  }
}

export interface Seen {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string | null;
  readonly value: string;
  readonly source: string | undefined;
  readonly sequence: number;
}

/** Everything in some topics, as a consumer of kafkajs sees it. */
export async function readAll(broker: string, topics: readonly string[]): Promise<Seen[]> {
  const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const present = new Set(await admin.listTopics());
  const wanted = topics.filter((topic) => present.has(topic));
  const ends = await Promise.all(wanted.map((topic) => admin.fetchTopicOffsets(topic)));
  await admin.disconnect();
  const total = ends.flat().reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  const consumer = kafka.consumer({ groupId: `reader-${process.pid}-${wanted.length}-${total}`, maxWaitTimeInMs: 100 });
  const seen: Seen[] = [];
  await consumer.connect();
  await consumer.subscribe({ topics: wanted, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: ({ batch: { topic, partition, messages } }) => {
      for (const { offset, key, value, headers } of messages)
        seen.push({
          topic,
          partition,
          offset: Number(offset),
          key: key?.toString() ?? null,
          value: value!.toString(),
          source: headers?.['tiffin-source']?.toString(),
          sequence: Number(headers?.['tiffin-sequence']?.toString() ?? -1),
        });
      return Promise.resolve();
    },
  });
  while (seen.length < total) await sleep(20);
  await sleep(100); // what is there once too often would come now
  await consumer.disconnect();
  return seen;
}

const insertCustomer = `INSERT INTO customers (customer_id, name, phone, city, street, latitude, longitude, created_at, updated_at)
  VALUES (?, 'New', '+919876543210', 'INDO', '1 Street', 22.7, 75.8, '2026-01-05T06:30:00.000Z', '2026-01-05T06:30:00.000Z')`;

function customerId(number: number): string {
  return `INDO-C${String(number).padStart(5, '0')}`;
}

/** The shop's database with its real schema, and a writer of small transactions. */
export class ShopWriter {
  readonly #db: Database.Database;
  #xid = 0;

  constructor(path: string) {
    this.#db = new Database(path);
    this.#db.pragma('journal_mode = WAL');
    this.#db.exec(shopSchema);
  }

  /** One transaction: a new customer, and a change of the one before. */
  write(): void {
    this.#xid++;
    this.#db.transaction(() => {
      this.#db.prepare('UPDATE _transaction SET xid = ?, ts_ms = ?').run(this.#xid, Date.now());
      this.#db.prepare(insertCustomer).run(customerId(this.#xid));
      this.#db.prepare('UPDATE customers SET name = ? WHERE customer_id = ?').run('Known', customerId(this.#xid - 1));
    })();
  }

  changes(): number {
    return this.#db.prepare<[], number>('SELECT count(*) FROM _changes').pluck().get()!;
  }

  rows(): Record<string, unknown>[] {
    return this.#db.prepare<[], Record<string, unknown>>('SELECT * FROM customers').all();
  }

  close(): void {
    this.#db.close();
  }
}
