import { expect, test } from 'vitest';
import { boundsOf, parseRange, rangeParams, togglePause, type Range } from './range.ts';

const parse = (text: string): Range => parseRange(new URLSearchParams(text));

test('the URL holds the range, and gives it back', () => {
  const ranges: Range[] = [
    { kind: 'live', spanMs: 900_000 },
    { kind: 'fixed', fromMs: 1_000_000, toMs: 1_600_000 },
  ];
  for (const range of ranges) expect(parseRange(new URLSearchParams(rangeParams(range)))).toEqual(range);
});

test.each(['', 'span=7', 'from=5&to=3', 'from=x&to=y', 'from=1000&to=1001'])(
  'what makes no sense (%s) is five minutes, live',
  (text) => {
    expect(parse(text)).toEqual({ kind: 'live', spanMs: 300_000 });
  },
);

test('a pause keeps what is shown, and going on follows the clock again', () => {
  const paused = togglePause({ kind: 'live', spanMs: 900_000 }, 2_000_000);
  expect(paused).toEqual({ kind: 'fixed', fromMs: 1_100_000, toMs: 2_000_000 });
  expect(togglePause(paused, 9_000_000)).toEqual({ kind: 'live', spanMs: 900_000 });
  expect(boundsOf(paused, 9_000_000)).toMatchObject({ fromMs: 1_100_000 });
});
