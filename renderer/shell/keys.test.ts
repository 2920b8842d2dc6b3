import { expect, test } from 'vitest';
import { pressKey } from './keys.ts';

const bindings = new Map([
  ['g p', 'platform'],
  ['g q', 'query'],
  ['?', 'help'],
]);

test('a sequence hits on its second key', () => {
  const first = pressKey(bindings, null, 'g', 0);
  expect(first).toEqual({ pending: { key: 'g', atMs: 0 } });
  expect(pressKey(bindings, first.pending, 'q', 300)).toEqual({ pending: null, hit: 'query' });
});

test('a sequence that takes too long starts anew', () => {
  expect(pressKey(bindings, { key: 'g', atMs: 0 }, 'q', 2000)).toEqual({ pending: null });
});

test('a wrong second key hits nothing, but may open another sequence', () => {
  expect(pressKey(bindings, { key: 'g', atMs: 0 }, 'x', 10)).toEqual({ pending: null });
  expect(pressKey(bindings, { key: 'g', atMs: 0 }, 'g', 10)).toEqual({ pending: { key: 'g', atMs: 10 } });
});

test('a single key hits at once', () => {
  expect(pressKey(bindings, null, '?', 0)).toEqual({ pending: null, hit: 'help' });
});
