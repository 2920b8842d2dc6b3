import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { FakeKafka, type Fault } from './fakeKafka.ts';
import type { SourceRecord } from './port.ts';
import { Publisher } from './publisher.ts';

const partitions = 2;
const topics = ['a', 'b', 'c'];

/** What a source has to say is a function of its name and the sequence. */
function recordOf(source: string, sequence: number): SourceRecord {
  const topic = topics[(sequence * 7 + source.length) % topics.length]!;
  const key = sequence % 5 === 0 ? null : Buffer.from(`key ${sequence % 11}`);
  return { sequence, topic, key, value: Buffer.from(`${source} says ${sequence}`) };
}

/** A checkpoint of which a killed process's writes are lost. */
function mortal(checkpoint: Checkpoint): Checkpoint & { kill(): void } {
  let alive = true;
  return {
    ...checkpoint,
    save: (partitions, sources) => (alive ? checkpoint.save(partitions, sources) : undefined),
    kill: () => {
      alive = false;
    },
  };
}

/** One workspace: a Kafka, an ingest.db, and the publisher that lives now. */
class World {
  readonly kafka = new FakeKafka();
  readonly #dir = mkdtempSync(join(tmpdir(), 'tiffin-publisher-'));
  readonly #database = openCheckpoint(join(this.#dir, 'ingest.db'));
  #port = this.kafka.port();
  #checkpoint = mortal(this.#database);
  readonly #patienceMs: number;
  /** The clock shows so much more. */
  aheadMs = 0;
  publisher: Publisher;

  constructor(patienceMs = 20) {
    this.#patienceMs = patienceMs;
    this.publisher = this.#start();
  }

  #start(): Publisher {
    return new Publisher({
      port: this.#port,
      checkpoint: this.#checkpoint,
      log: () => undefined,
      now: () => Date.now() + this.aheadMs,
      partitions,
      patienceMs: this.#patienceMs,
      settleMs: 0,
      retryMs: 1,
      batchBytesMax: 2_000,
    });
  }

  /** The process dies after so many more calls to Kafka. */
  dieAfter(calls: number): void {
    this.#port.dieAfter(calls);
  }

  async kill(): Promise<void> {
    this.#port.dieAfter(0);
    this.#checkpoint.kill();
    const dead = this.publisher.stop();
    this.#port = this.kafka.port();
    this.#checkpoint = mortal(this.#database);
    this.publisher = this.#start();
    await dead;
  }

  async publish(source: string, first: number, next: number): Promise<void> {
    const records = Array.from({ length: next - first }, (_, index) => recordOf(source, first + index));
    const publication = { source, timestampMs: 1, firstSequence: first, nextSequence: next, records };
    await this.publisher.publish(publication).catch(expectAway);
  }

  /** Sends what is missing until all is there, as a source does after a restart. */
  async finish(source: string, next: number): Promise<void> {
    for (let attempt = 0; attempt < 200; attempt++) {
      const from = await this.publisher.nextSequence(source).catch(expectAway);
      if (from !== undefined && from >= next) return;
      if (from !== undefined) await this.publish(source, from, next);
    }
    throw new Error(`${source} did not get through`);
  }

  stored(source: string): Map<string, number[]> {
    const found = new Map<string, number[]>();
    for (const topic of topics)
      for (let partition = 0; partition < partitions; partition++) {
        const own = this.kafka.records(topic, partition).filter((record) => record.source === source);
        found.set(
          `${topic}/${partition}`,
          own.map(({ sequence }) => sequence),
        );
      }
    return found;
  }

  async close(): Promise<void> {
    await this.publisher.stop();
    this.#database.close();
    rmSync(this.#dir, { recursive: true });
  }
}

function expectAway(error: Error): undefined {
  expect(['KAFKA_AWAY', 'STOPPING']).toContain((error as Error & { code?: string }).code);
}

let world: World;
afterEach(() => world.close());

/** Every sequence exactly once, and each partition in order. */
function expectExact(source: string, next: number): void {
  const stored = [...world.stored(source).values()];
  for (const sequences of stored) expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  const all = stored.flat().toSorted((a, b) => a - b);
  expect(all).toEqual(Array.from({ length: next }, (_, sequence) => sequence));
}

const fault = fc.constantFrom<Fault>(
  'none',
  'none',
  'request lost',
  'answer lost',
  'half appended',
  'arrives late',
  'arrives twice',
  'arrives very late',
  'refused',
);
const action = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('post' as const),
      back: fc.nat(30),
      length: fc.integer({ min: 1, max: 60 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('post and die' as const),
      length: fc.integer({ min: 1, max: 60 }),
      calls: fc.integer({ min: 1, max: 8 }),
    }),
  },
);

describe('the publisher', () => {
  test('puts every record of every source into Kafka exactly once, in order, whatever is lost, late or killed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 12 }),
        fc.array(fault, { maxLength: 30 }),
        async (actions, faults) => {
          world = new World();
          world.kafka.faults.push(...faults);
          const sent = { one: 0, two: 0 };
          for (const step of actions) {
            if (step.kind === 'kill') await world.kill();
            for (const source of ['one', 'two'] as const)
              if (step.kind !== 'kill') {
                const from = (await world.publisher.nextSequence(source).catch(expectAway)) ?? 0;
                for (let below = 0; below < from; below++)
                  expect([...world.stored(source).values()].some((all) => all.includes(below))).toBe(true);
                const first = Math.max(0, from - (step.kind === 'post' ? step.back : 0));
                sent[source] = Math.max(sent[source], first + step.length);
                if (step.kind === 'post and die') world.dieAfter(step.calls);
                await world.publish(source, first, first + step.length);
                if (step.kind === 'post and die') await world.kill();
              }
          }
          for (const source of ['one', 'two'] as const) {
            await world.finish(source, sent[source]);
            expectExact(source, sent[source]);
          }
          await world.close();
        },
      ),
      { numRuns: 50, endOnFailure: true },
    );
    world = new World();
  });

  test('drops what is already there, and says how much that was', async () => {
    world = new World();
    const records = [0, 1, 2, 3].map((sequence) => recordOf('s', sequence));
    const publication = { source: 's', timestampMs: 1, firstSequence: 0, nextSequence: 4, records };
    expect(await world.publisher.publish(publication)).toMatchObject({ accepted: 4, duplicates: 0, nextSequence: 4 });
    expect(await world.publisher.publish(publication)).toMatchObject({ accepted: 0, duplicates: 4, nextSequence: 4 });
    expectExact('s', 4);
  });

  test('takes nothing from a source that leaves something out', async () => {
    world = new World();
    await world.publish('s', 0, 10);
    const publication = {
      source: 's',
      timestampMs: 1,
      firstSequence: 11,
      nextSequence: 12,
      records: [recordOf('s', 11)],
    };
    expect(await world.publisher.publish(publication)).toEqual({ kind: 'gap', nextSequence: 10 });
    expectExact('s', 10);
  });

  test('asks a source again for records that Kafka has lost', async () => {
    world = new World();
    await world.finish('s', 200);
    await world.kill();
    await world.finish('s', 200);
    world.kafka.cut('a', 0, 5);
    world.kafka.cut('b', 1, 100);
    await world.kill();
    expect(await world.publisher.nextSequence('s')).toBeLessThan(200);
    await world.finish('s', 200);
    expectExact('s', 200);
  });

  test('takes a topic for deleted only after it was missing for a while', async () => {
    world = new World();
    await world.finish('s', 100);
    await world.kill();
    world.kafka.topics.delete('a');
    await expect(world.publisher.nextSequence('s')).rejects.toMatchObject({ code: 'KAFKA_AWAY' });
    world.aheadMs = 10_000;
    await world.finish('s', 100);
    expectExact('s', 100);
  });

  test('counts what it appended and what was there', async () => {
    world = new World(60_000);
    world.kafka.faults.push('answer lost');
    await world.finish('s', 30);
    await world.publish('s', 20, 40);
    const totals = [...world.publisher.totals().values()];
    expect(totals.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(40);
    expect(totals.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(10);
  });

  test('sends records without a source once, also when the answer is lost', async () => {
    world = new World(60_000);
    world.kafka.faults.push('answer lost', 'arrives late', 'request lost');
    const records = Array.from({ length: 40 }, (_, sequence) => recordOf('nobody', sequence));
    const publication = { source: null, timestampMs: 1, firstSequence: 0, nextSequence: 40, records };
    expect(await world.publisher.publish(publication)).toMatchObject({ kind: 'published', accepted: 40 });
    const stored = topics.flatMap((topic) => [0, 1].flatMap((partition) => world.kafka.records(topic, partition)));
    expect(stored.map(({ value }) => value).toSorted()).toEqual(
      records.map(({ value }) => value.toString()).toSorted(),
    );
    expect(stored.every(({ source }) => source === null)).toBe(true);
  });

  test('keeps a key where it was when a topic gets more partitions', async () => {
    world = new World();
    await world.finish('s', 50);
    for (const log of world.kafka.topics.values()) log.push({ low: 0, records: [], producers: new Map() });
    await world.kill();
    await world.finish('s', 100);
    expectExact('s', 100);
  });
});
