import { describe, expect, test } from 'vitest';
import { createPageCache, type Row } from './page-cache.ts';

const settle = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** A source whose answers come when the test says so. */
const source = (rows: number, rowsPerPage: number, pagesMax: number) => {
  const asked: number[] = [];
  const pending = new Map<number, { resolve: (rows: readonly Row[]) => void; reject: (error: unknown) => void }>();
  const fetch = (offset: number): Promise<readonly Row[]> => {
    asked.push(offset);
    const { promise, resolve, reject } = Promise.withResolvers<readonly Row[]>();
    pending.set(offset, { resolve, reject });
    return promise;
  };
  const answer = async (offset: number): Promise<void> => {
    const length = Math.min(rowsPerPage, rows - offset);
    pending.get(offset)!.resolve(Array.from({ length }, (_, index) => [offset + index]));
    await settle();
  };
  const fail = async (offset: number): Promise<void> => {
    pending.get(offset)!.reject(new Error('away'));
    await settle();
  };
  return { cache: createPageCache({ rows, rowsPerPage, pagesMax, fetch }), asked, answer, fail };
};

describe('the page cache', () => {
  test('fetches the pages in view, once, and gives their rows', async () => {
    const { cache, asked, answer } = source(1000, 100, 4);
    cache.want(150, 220);
    cache.want(151, 221);
    expect(asked).toEqual([100, 200]);
    expect(cache.row(150)).toBeUndefined();
    await answer(100);
    expect(cache.row(150)).toEqual([150]);
    expect(cache.row(250)).toBeUndefined();
  });

  test('does not fetch what went out of view before its turn came', async () => {
    const { cache, asked, answer } = source(100_000, 100, 4);
    cache.want(0, 399);
    cache.want(50_000, 50_050);
    await answer(0);
    await answer(100);
    expect(asked).toEqual([0, 100, 50_000]);
  });

  test('forgets the least recently seen page, never one in view', async () => {
    const { cache, answer } = source(1000, 100, 2);
    for (const first of [0, 100, 200]) {
      cache.want(first, first + 99);
      await answer(first);
    }
    expect([cache.row(0), cache.row(100), cache.row(200)]).toEqual([undefined, [100], [200]]);
  });

  test('ends with the last row', () => {
    const { cache, asked } = source(250, 100, 4);
    cache.want(220, 400);
    expect(asked).toEqual([200]);
  });

  test('tells of a failure and tries again when asked again', async () => {
    const { cache, asked, answer, fail } = source(100, 100, 2);
    let told = 0;
    cache.subscribe(() => (told += 1));
    cache.want(0, 10);
    await fail(0);
    expect([String(cache.error()), told]).toEqual(['Error: away', 1]);
    cache.want(0, 10);
    await answer(0);
    expect([cache.error(), cache.row(3), asked.length]).toEqual([undefined, [3], 2]);
  });
});
