import { describe, expect, test } from 'vitest';
import { feed } from './feed.ts';
import type { Gateway, Lines } from './gateway.ts';
import { Pacer } from './pacer.ts';

/** A clock that only sleeping and posting move. */
class FakeClock {
  ms = 0;
  now = (): number => this.ms;
}

interface Feeding {
  /** When each batch was taken, and how big it was. */
  taken: { atMs: number; count: number }[];
  total: number;
}

/** Runs the real loop for a while of fake time; `oversleep` and `answerMs` are what the machine adds to each wait. */
async function feedFor(ms: number, pacer: Pacer, clock: FakeClock, oversleep = 0, answerMs = 0): Promise<Feeding> {
  const stopping = new AbortController();
  const feeding: Feeding = { taken: [], total: 0 };
  const advance = (byMs: number): void => {
    clock.ms += byMs;
    if (clock.ms >= ms) stopping.abort();
  };
  const gateway: Gateway = {
    nextSequence: async () => ({ kind: 'ok', value: 0 }),
    post: async (lines) => {
      advance(answerMs);
      return { kind: 'ok', value: lines.firstSequence + lines.count };
    },
    trouble: () => undefined,
    retries: () => 0,
    close: () => undefined,
  };
  await feed<Lines>({
    gateway,
    pacer,
    now: clock.now,
    signal: stopping.signal,
    acknowledged: () => undefined,
    take: (count) => {
      feeding.taken.push({ atMs: clock.ms, count });
      const firstSequence = feeding.total;
      feeding.total += count;
      return { firstSequence, count, body: Buffer.alloc(0) };
    },
    sleep: async (waitMs) => {
      advance(waitMs + oversleep);
    },
  });
  return feeding;
}

describe('pacing', () => {
  test.each([
    [1000, 0, 0],
    [1000, 37, 11],
    [1000, 3, 180],
    [7, 20, 5],
    [40_000, 13, 9],
  ])(
    '%i events a second are steady over any minute, with %i ms oversleep and %i ms answers',
    async (rate, late, answer) => {
      const clock = new FakeClock();
      const { total } = await feedFor(60_000, new Pacer(rate, 0), clock, late, answer);
      expect(Math.abs(total - (rate * clock.ms) / 1000)).toBeLessThan(Math.max(2, rate * 0.6));
    },
  );

  test('every second of a calm minute has its share, in batches of about 100 ms', async () => {
    const { taken } = await feedFor(60_000, new Pacer(1000, 0), new FakeClock());
    for (let second = 1; second < 59; second++) {
      const batches = taken.filter(({ atMs }) => Math.floor(atMs / 1000) === second);
      expect(batches.reduce((sum, { count }) => sum + count, 0)).toBe(1000);
      expect(batches.length).toBe(10);
    }
  });

  test('after a long outage at most five seconds are made up for', async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(100, 0);
    clock.ms = 60_000;
    const { total } = await feedFor(61_000, pacer, clock);
    expect(total).toBeGreaterThanOrEqual(500);
    expect(total).toBeLessThanOrEqual(620);
  });

  test('while paused nothing is due, and what passed meanwhile is not owed', () => {
    const pacer = new Pacer(1000, 0);
    pacer.setPaused(true, 0);
    expect(pacer.due(10_000)).toBe(0);
    pacer.setPaused(false, 10_000);
    expect(pacer.due(10_050)).toBe(0);
    expect(pacer.due(10_100)).toBe(100);
  });

  test('a new rate holds from the moment it is set', () => {
    const pacer = new Pacer(1000, 0);
    pacer.taken(pacer.due(1000));
    pacer.setRate(10, 1000);
    expect(pacer.due(3000)).toBe(20);
    pacer.setRate(null, 3000);
    expect(pacer.due(3000)).toBe(Infinity);
  });
});

describe('the loop', () => {
  test('posts one batch after the other, and makes the next while one is under way', async () => {
    const log: string[] = [];
    let left = 3;
    const end = await feed<Lines>({
      gateway: {
        nextSequence: async () => ({ kind: 'ok', value: 0 }),
        post: async ({ firstSequence }) => {
          log.push(`post ${firstSequence}`);
          await new Promise((resolve) => setTimeout(resolve, 5));
          return { kind: 'ok', value: 0 };
        },
        trouble: () => undefined,
        retries: () => 0,
        close: () => undefined,
      },
      pacer: new Pacer(null, 0),
      now: () => 0,
      sleep: async () => undefined,
      signal: new AbortController().signal,
      take: () => {
        if (left === 0) return undefined;
        log.push(`take ${3 - left}`);
        return { firstSequence: 3 - left--, count: 1, body: Buffer.alloc(0) };
      },
      acknowledged: ({ firstSequence }) => void log.push(`booked ${firstSequence}`),
    });
    expect(end).toEqual({ kind: 'finished' });
    expect(log).toEqual([
      'take 0',
      'post 0',
      'take 1',
      'booked 0',
      'post 1',
      'take 2',
      'booked 1',
      'post 2',
      'booked 2',
    ]);
  });
});
