/**
 * The loop that every source runs: see what is due, take it, post it, book it. One POST is under way while the next batch
 * is being made, never two: a source's sequence numbers reach the gateway in order.
 */
import type { Gateway, Lines } from './gateway.ts';
import type { Pacer } from './pacer.ts';
import type { Sleep } from './sleep.ts';

/** As much as goes into one POST. */
export const batchMax = 5000;

export interface FeedOptions<B extends Lines> {
  gateway: Gateway;
  pacer: Pacer;
  /** The next lines, at most `max`; undefined when there are no more. */
  take: (max: number) => Promise<B | undefined> | B | undefined;
  acknowledged: (batch: B) => void;
  now: () => number;
  sleep: Sleep;
  signal: AbortSignal;
}

/** `gap`: what was acknowledged is no longer in Kafka; ask the gateway for the position and begin again from there. */
export type FeedEnd = { kind: 'finished' } | { kind: 'stopped' } | { kind: 'gap' } | { kind: 'failed'; error: unknown };

/** Runs until there are no more lines, until the signal, or until something fails. What was posted is booked first. */
export async function feed<B extends Lines>(options: FeedOptions<B>): Promise<FeedEnd> {
  const { gateway, pacer, signal, now } = options;
  let posting: Promise<FeedEnd> = Promise.resolve({ kind: 'finished' });
  while (!signal.aborted) {
    const due = Math.min(batchMax, pacer.due(now()));
    if (due < 1) {
      await options.sleep(pacer.waitMs(now()), signal);
      continue;
    }
    const taken = await take(options, due);
    const before = await posting;
    if (taken.kind === 'failed') return taken;
    if (before.kind !== 'finished' || taken.batch === undefined) return before;
    pacer.taken(taken.batch.count);
    posting = post(gateway, taken.batch, options.acknowledged);
  }
  const last = await posting;
  return last.kind === 'finished' ? { kind: 'stopped' } : last;
}

type Taken<B> = { kind: 'taken'; batch: B | undefined } | { kind: 'failed'; error: unknown };

async function take<B extends Lines>(options: FeedOptions<B>, max: number): Promise<Taken<B>> {
  try {
    return { kind: 'taken', batch: await options.take(max) };
  } catch (error) {
    return { kind: 'failed', error };
  }
}

/** Posts and books; every outcome is a value, so that a promise left alone for a while cannot go unhandled. */
export async function post<B extends Lines>(
  gateway: Gateway,
  batch: B,
  acknowledged: (batch: B) => void,
): Promise<FeedEnd> {
  try {
    const answer = await gateway.post(batch);
    if (answer.kind !== 'ok') return answer;
    acknowledged(batch);
    return { kind: 'finished' };
  } catch (error) {
    return { kind: 'failed', error };
  }
}
