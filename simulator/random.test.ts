import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldSeed, hash, Random } from './random.ts';

const draws = (random: Random, count: number): number[] => Array.from({ length: count }, () => random.next());

test('equal coordinates give equal sequences, on any object', () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.nat(), (a, b, c) => {
      const first = draws(new Random().reseed(a, b, c), 20);
      expect(draws(new Random().reseed(a, b, c), 20)).toEqual(first);
      expect(draws(new Random().reseed(a, b, c + 1), 20)).not.toEqual(first);
    }),
  );
});

test('numbers are unsigned 32 bits and fill the range evenly', () => {
  const random = new Random().reseed(1, 2);
  const buckets = Array.from({ length: 16 }, () => 0);
  for (let n = 0; n < 16_000; n++) buckets[Math.floor(random.unit() * 16)]!++;
  for (const count of buckets) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test('neighbouring coordinates hash far apart', () => {
  const hashes = new Set<number>();
  for (let rider = 0; rider < 300; rider++) for (let slot = 0; slot < 300; slot++) hashes.add(hash(1, 2, rider, slot));
  expect(hashes.size).toBeGreaterThan(90_000 - 5); // a birthday or two among 2^32
});

test('seeds beyond 32 bits count in full', () => {
  expect(foldSeed(5)).not.toBe(foldSeed(5 + 2 ** 32));
});

test('a log-normal draw keeps its bounds, and its median is the middle', () => {
  const random = new Random().reseed(3, 4);
  const values = Array.from({ length: 10_001 }, () => random.logNormal(10, 0.5, 4, 30)).toSorted((a, b) => a - b);
  expect(values[0]).toBeGreaterThanOrEqual(4);
  expect(values.at(-1)).toBeLessThanOrEqual(30);
  expect(Math.abs(values[5000]! - 10)).toBeLessThan(0.5);
});

test('the first numbers are these, on every machine', () => {
  expect(draws(new Random().reseed(1, 2, 3), 3)).toMatchInlineSnapshot(`
    [
      2856912936,
      1860144190,
      2909299001,
    ]
  `);
});
