import { expect, test } from 'vitest';
import { matchesGlob } from './glob.ts';

test.each([
  ['order.*', 'order.placed', true],
  ['order.*', 'orders', false],
  ['order.placed', 'order.placed', true],
  ['order.placed', 'order_placed', false],
  ['*', 'anything', true],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-c-b', false],
  ['ab*ba', 'aba', false],
])('%s and %s: %s', (pattern, name, expected) => {
  expect(matchesGlob(pattern, name)).toBe(expected);
});
