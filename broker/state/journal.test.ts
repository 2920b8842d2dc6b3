import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Killed, MemoryFiles } from '../log/memory-files.ts';
import { Journal } from './journal.ts';

const PATH = '/data/test.journal';
const plain = (journal: Journal<number>): Record<string, number> => Object.fromEntries(journal.entries());

describe('a journal', () => {
  test('after a kill at any write it holds all that was set, and of the last change all or nothing', () => {
    const change = fc.record({ key: fc.constantFrom('a', 'b', 'c'), value: fc.option(fc.nat(1000), { nil: null }) });
    fc.assert(
      fc.property(
        fc.array(change, { maxLength: 30 }),
        fc.nat(30),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (changes, at, part) => {
          const files = new MemoryFiles();
          const journal = new Journal<number>(files, PATH);
          files.changesLeft = at + 1;
          files.lastWritePart = part;
          const expected: Record<string, number> = {};
          const apply = (to: Record<string, number>, { key, value }: (typeof changes)[number]): void => {
            if (value === null) delete to[key];
            else to[key] = value;
          };
          let cut: (typeof changes)[number] | undefined;
          for (const one of changes) {
            try {
              journal.write([[one.key, one.value]]);
              apply(expected, one);
            } catch (error) {
              if (!(error instanceof Killed)) throw error;
              cut = one;
              break;
            }
          }
          files.revive();
          const got = plain(new Journal<number>(files, PATH));
          const orElse = { ...expected };
          if (cut !== undefined) apply(orElse, cut);
          expect([expected, orElse]).toContainEqual(got);
        },
      ),
    );
  });

  test('on a full disk a change fails and changes nothing, in memory or on disk', () => {
    const files = new MemoryFiles();
    const journal = new Journal<number>(files, PATH);
    journal.set('a', 1);
    files.isFull = true;
    expect(() => journal.set('a', 2)).toThrow(/ENOSPC/);
    expect(plain(journal)).toEqual({ a: 1 });
    files.isFull = false;
    journal.set('b', 3);
    expect(plain(new Journal<number>(files, PATH))).toEqual({ a: 1, b: 3 });
  });

  test('it is rewritten when most of it is outdated, and holds the same afterwards', () => {
    const files = new MemoryFiles();
    const journal = new Journal<string>(files, PATH);
    const long = 'x'.repeat(1000);
    for (let at = 0; at < 3000; at++) journal.set(`key ${at % 10}`, `${at} ${long}`);
    expect(files.sizeBytes(PATH)).toBeLessThan(1_100_000);
    const again = new Journal<string>(files, PATH);
    expect(again.size).toBe(10);
    expect(again.get('key 9')).toBe(`2999 ${long}`);
  });

  test('a line that was damaged ends what is believed', () => {
    const files = new MemoryFiles();
    const journal = new Journal<number>(files, PATH);
    journal.set('a', 1);
    const whole = files.sizeBytes(PATH)!;
    journal.set('b', 2);
    files.damage(PATH, whole + 12);
    expect(plain(new Journal<number>(files, PATH))).toEqual({ a: 1 });
  });
});
