import { expect, test } from 'vitest';
import type { NodeStatus } from '../../engine/contract/index.ts';
import { lagTone, speedOf, statusTone, statusWord, sum } from './figures.ts';

const running: NodeStatus = { phase: 'running', lagSeconds: 0.4 };

test('a hop is judged by its failure first, then by its lag', () => {
  expect(statusTone(undefined)).toBe('idle');
  expect(statusTone(running)).toBe('ok');
  expect(statusTone({ ...running, lagSeconds: 6 })).toBe('warn');
  expect(statusTone({ ...running, lagSeconds: 31 })).toBe('fault');
  expect(statusTone({ ...running, problem: { code: 'X', message: 'It broke.' } })).toBe('fault');
  expect(statusTone({ phase: 'idle' })).toBe('idle');
  expect(statusTone({ phase: 'idle' }, true)).toBe('ok');
});

test('the same judgement in words', () => {
  expect(statusWord({ ...running, lagSeconds: 6 })).toBe('running, behind by 6 s');
  expect(statusWord({ phase: 'failed', problem: { code: 'X', message: 'It broke.' } })).toBe('failed: It broke.');
});

test('a sum of unknowns is unknown, not zero', () => {
  expect(sum([undefined, undefined])).toBeUndefined();
  expect(sum([1, undefined, 2])).toBe(3);
  expect(lagTone(undefined)).toBe('ok');
});

test('what does not flow does not move', () => {
  expect([undefined, 0, 0.4, 50, 999, 5000].map(speedOf)).toEqual([0, 0, 1, 2, 3, 4]);
});
