/**
 * What the user just did to the city is known from the answer, while the state that is told every second may still be of the
 * moment before. So the answer is held for a few seconds, or until the state agrees: a control must not flap.
 */
import type { PlatformState, WorldState } from '../../engine/contract/index.ts';

export interface Held {
  readonly world: WorldState;
  readonly untilMs: number;
}
export const holdMs = 4000;

export const agrees = (a: WorldState, b: WorldState): boolean =>
  a.phase === b.phase && a.ratePerSecond === b.ratePerSecond;

/** The state with the held phase and rate in place of older ones, and what is still to be held. */
export const withHeld = (
  state: PlatformState,
  held: Held | null,
  nowMs: number,
): { state: PlatformState; held: Held | null } => {
  if (held === null || state.world === null || nowMs > held.untilMs || agrees(state.world, held.world))
    return { state, held: null };
  const { phase, ratePerSecond } = held.world;
  return { state: { ...state, world: { ...state.world, phase, ratePerSecond } }, held };
};
