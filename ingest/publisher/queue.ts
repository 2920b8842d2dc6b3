/** What waits to be published, and which of it goes together into one group. */
import type { Plan, Publication } from './plan.ts';

export type Outcome =
  | {
      readonly kind: 'published';
      readonly accepted: number;
      readonly duplicates: number;
      readonly nextSequence: number;
    }
  /** The publication begins beyond what is in Kafka: nothing of it was sent. */
  | { readonly kind: 'gap'; readonly nextSequence: number };

export interface Job extends Publication {
  readonly deadlineMs: number;
  /** by topic, as the first attempt found them */
  duplicates: Plan['duplicates'][number] | null;
  /** What is sent for records without a source: made once, as nothing in Kafka tells them apart. */
  rounds: Plan['rounds'] | null;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

const groupRecordsMax = 50_000;

/**
 * Takes the next group out of the queue: at most one publication of each source, so that what a source sent before is settled;
 * one without a source goes alone, so that it can be sent again exactly as it was.
 */
export function takeGroup(queue: Job[]): Job[] {
  const first = queue[0];
  if (first === undefined) return [];
  if (first.source === null) return queue.splice(0, 1);
  const group = new Map<string, Job>();
  let records = 0;
  for (const job of queue) {
    if (job.source === null || group.has(job.source)) continue;
    if (group.size > 0 && records + job.records.length > groupRecordsMax) break;
    group.set(job.source, job);
    records += job.records.length;
  }
  const taken = new Set(group.values());
  queue.splice(0, queue.length, ...queue.filter((job) => !taken.has(job)));
  return [...taken];
}
