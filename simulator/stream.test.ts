import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventContracts, eventTypes } from '../schemas/index.ts';
import type { CityEvent } from '../schemas/index.ts';
import { EventStream } from './stream.ts';
import type { Mark } from './stream.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

const world = createWorld({ seed: 1, riders: 400 });

/** The bytes of events [from, to), taken in batches of that size. */
function bytesOf(of: World, from: number, to: number, batch = 5000, mark?: Mark): Buffer {
  const stream = new EventStream(of, mark);
  stream.skipTo(from);
  const bodies: Buffer[] = [];
  while (stream.sequence < to) bodies.push(stream.take(Math.min(batch, to - stream.sequence)).body);
  return Buffer.concat(bodies);
}

const linesOf = (bytes: Buffer): string[] => bytes.toString().split('\n').slice(0, -1);

const keyOf = (of: World): string => (JSON.parse(linesOf(bytesOf(of, 0, 1))[0]!) as CityEvent).event_id.slice(0, 8);

/** The operations of the first events as names, taken in batches of that size. */
function operationsIn(batch: number): (number | string)[] {
  const stream = new EventStream(world);
  const names: (number | string)[] = [];
  while (stream.sequence < 12_000)
    for (const operation of stream.take(batch).operations)
      names.push(operation.kind === 'order' ? operation.sequence : `minute ${operation.minute}`);
  return names;
}

describe('determinism', () => {
  test('the same seed gives the same bytes, another seed others', () => {
    const bytes = bytesOf(world, 0, 20_000);
    expect(bytesOf(createWorld({ seed: 1, riders: 400 }), 0, 20_000).equals(bytes)).toBe(true);
    expect(bytesOf(createWorld({ seed: 2, riders: 400 }), 0, 20_000).equals(bytes)).toBe(false);
  });

  test('other settings make other events, with ids of their own', () => {
    const worlds = [
      {},
      { riders: 401 },
      { demand: 1.2 },
      { startAtVirtualMs: Date.UTC(2026, 1, 1) },
      { seed: 2 ** 40 },
    ];
    expect(new Set(worlds.map((options) => keyOf(createWorld({ seed: 1, riders: 400, ...options })))).size).toBe(5);
  });

  test('the bytes of seed 1 are these, on every machine; if they must change, count up `generation` in world.ts', () => {
    const bytes = bytesOf(createWorld({ seed: 1 }), 0, 10_000);
    expect(createHash('sha256').update(bytes).digest('hex')).toMatchInlineSnapshot(
      `"a6a393a1fa8b4086f49334a4392192c0e173cb271a587c16426b2920145667e8"`,
    );
  });

  test('nothing in the simulator asks the machine for time or chance', () => {
    const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /(?<!\.test)\.ts$/.test(file),
    );
    for (const file of files) {
      const text = readFileSync(join(import.meta.dirname, file), 'utf8');
      expect(text, file).not.toMatch(/Math\.random|Date\.now|new Date\(\)|performance\.now|randomUUID|randomBytes/);
    }
    expect(files.length).toBeGreaterThan(10);
  });
});

describe('resuming', () => {
  const total = 30_000;
  const whole = new EventStream(world);
  const marks: Mark[] = [];
  const bodies: Buffer[] = [];
  while (whole.sequence < total) {
    bodies.push(whole.take(500).body);
    marks.push(whole.mark);
  }
  const lines = linesOf(Buffer.concat(bodies));

  test('reading from any sequence gives the tail, from the start or from any mark, in batches of any size', () => {
    fc.assert(
      fc.property(
        fc.nat(total - 1),
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 900 }),
        fc.nat(),
        (from, count, batch, pick) => {
          const to = Math.min(total, from + count);
          const before = marks.filter((mark) => mark.sequence <= from);
          const mark = before[pick % Math.max(1, before.length)];
          expect(linesOf(bytesOf(world, from, to, batch, mark))).toEqual(lines.slice(from, to));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('counts by type are the same, however the position was reached', () => {
    const skipped = new EventStream(world, marks[20]);
    skipped.skipTo(total);
    expect(skipped.counts).toEqual(whole.counts);
    const counted = eventTypes.map((type) => lines.filter((line) => line.includes(`"type":"${type}"`)).length);
    expect(counted).toEqual(whole.counts);
  });

  test('what concerns the shop comes in the same order whatever the batches', () => {
    expect(operationsIn(1)).toEqual(operationsIn(4000));
  });

  test('going back is refused', () => {
    const stream = new EventStream(world);
    stream.take(10);
    expect(() => stream.skipTo(9)).toThrow(RangeError);
  });
});

describe('the events', () => {
  const events = linesOf(bytesOf(createWorld({ seed: 5 }), 0, 60_000));

  test('every event keeps its contract and has no field beyond it', () => {
    const ajv = new Ajv();
    const validators = new Map(
      [...eventContracts.values()].map(({ type, schema }) => [
        type,
        ajv.compile({ ...schema, additionalProperties: false }),
      ]),
    );
    const seen = new Set<string>();
    for (const line of [...events.slice(0, 5000), ...events.slice(-10_000)]) {
      const event = JSON.parse(line) as CityEvent;
      const validate = validators.get(event.type)!;
      expect(validate(event) ? [] : [line, validate.errors]).toEqual([]);
      seen.add(event.type);
    }
    expect([...seen].toSorted()).toEqual([...eventTypes].toSorted());
  });

  test('they are as JSON.stringify would write them: compact, numbers at their shortest', () => {
    for (const line of events.slice(-3000)) expect(JSON.stringify(JSON.parse(line))).toBe(line);
  });

  test('no two have the same event_id, and event times never go back', () => {
    const ids = new Set<string>();
    let last = '';
    for (const line of events) {
      const { event_id, event_time } = JSON.parse(line) as CityEvent;
      ids.add(event_id);
      expect(event_time >= last).toBe(true);
      last = event_time;
    }
    expect(ids.size).toBe(events.length);
  });

  test('they take 240 to 300 bytes on average', () => {
    const mean = events.reduce((sum, line) => sum + line.length, 0) / events.length;
    expect(mean).toBeGreaterThan(240);
    expect(mean).toBeLessThan(300);
  });
});
