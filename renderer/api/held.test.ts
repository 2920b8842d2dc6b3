import { expect, test } from 'vitest';
import type { PlatformState, WorldState } from '../../engine/contract/index.ts';
import { withHeld, type Held } from './held.ts';

const world = (phase: WorldState['phase'], generated: number): WorldState => ({
  phase,
  generated,
  acknowledged: generated,
  ratePerSecond: 1000,
  virtualTimeMs: null,
  seed: 1,
});
const state = (of: WorldState): PlatformState => ({
  version: '1',
  workspace: '/w',
  startedAtMs: 0,
  phase: 'running',
  kafka: { mode: 'embedded', brokers: [] },
  gatewayUrl: null,
  processes: [],
  world: of,
  nodes: {},
  freshnessMs: null,
  problems: [],
});
const held: Held = { world: world('paused', 5), untilMs: 4000 };

test('a state of the moment before does not undo what was just done, but its figures count', () => {
  const shown = withHeld(state(world('running', 7)), held, 1000);
  expect(shown.state.world).toMatchObject({ phase: 'paused', generated: 7 });
  expect(shown.held).toBe(held);
});

test('once the state agrees, or time is up, nothing is held any more', () => {
  expect(withHeld(state(world('paused', 7)), held, 1000).held).toBeNull();
  const late = withHeld(state(world('running', 7)), held, 5000);
  expect([late.held, late.state.world?.phase]).toEqual([null, 'running']);
});
