/**
 * What is known to be in Kafka: for each partition, the last sequence of each source, together with the offset up to which
 * that is known. All changes of that knowledge are here, and none of them does I/O.
 */
import type { Batch } from './port.ts';

export interface PartitionState {
  readonly topic: string;
  readonly partition: number;
  /** `last` tells the truth about everything below this offset. */
  offset: number;
  last: Map<string, number>;
  /** False: there may be more in Kafka than `last` says, so the tail has to be read before the next append. */
  known: boolean;
  /** The place of the next record in what this producer id has appended. */
  producerSequence: number;
  /** A batch that was sent, and of which nobody knows whether it was appended. It is settled before anything else is sent. */
  unsure: Batch | null;
  /** Records that were appended since the start of this process. */
  appended: number;
  /** Changed since the last checkpoint. */
  touched: boolean;
}

export class Positions {
  readonly topics = new Map<string, PartitionState[]>();
  /** By source: every record below is in Kafka. */
  readonly nextSequence = new Map<string, number>();
  /** Sources whose next sequence has fallen since the last checkpoint. It is written together with the partitions. */
  readonly lowered = new Set<string>();

  /**
   * A topic has `partitions`. Once it was used with fewer, it stays with those: a key that moved to a new partition would not
   * find there what it had sent before.
   */
  openTopic(topic: string, partitions: number): void {
    const states = this.topics.get(topic) ?? Array.from({ length: partitions }, (_, index) => unknown(topic, index));
    if (states.length > partitions) states.length = partitions;
    this.topics.set(topic, states);
  }

  restore(topic: string, partition: number, offset: number, last: Map<string, number>): void {
    const states = this.topics.get(topic) ?? [];
    states[partition] = { ...unknown(topic, partition), offset, last, touched: false };
    this.topics.set(topic, states);
  }

  *partitions(): Generator<PartitionState> {
    for (const states of this.topics.values()) yield* states;
  }

  forgetProducer(): void {
    for (const state of this.partitions()) {
      state.producerSequence = 0;
      state.unsure = null;
    }
  }

  /**
   * A partition ends before the offset up to which we knew it: it lost its tail, or was deleted and made anew. `before` is
   * what was known. Sources whose records are gone are asked for them again by lowering their next sequence.
   */
  truncated(state: PartitionState, before: ReadonlyMap<string, number>): string[] {
    const losers = [...before].filter(([source, sequence]) => (state.last.get(source) ?? -1) < sequence);
    for (const [source] of losers) {
      const firstLost = (state.last.get(source) ?? -1) + 1;
      this.nextSequence.set(source, Math.min(firstLost, this.nextSequence.get(source) ?? 0));
      this.lowered.add(source);
    }
    return losers.map(([source]) => source);
  }
}

function unknown(topic: string, partition: number): PartitionState {
  const nothing = { offset: 0, last: new Map<string, number>(), known: false, producerSequence: 0, unsure: null };
  return { topic, partition, ...nothing, appended: 0, touched: true };
}

/** The broker has acknowledged a batch. */
export function appended(state: PartitionState, batch: Batch, baseOffset: number): void {
  // An offset below what we know: an old batch that was recognised, or a log that was cut. The tail will tell.
  if (baseOffset < state.offset) state.known = false;
  state.offset = Math.max(state.offset, baseOffset + batch.count);
  state.touched = true;
  for (const run of batch.runs)
    if (run.source !== null) state.last.set(run.source, run.records[run.records.length - 1]!.sequence);
  landed(state, batch);
}

/** The tail was read to its end: it shows whether an unsure batch is there, if a source's records are in it. */
export function settled(state: PartitionState): void {
  state.known = true;
  const run = state.unsure?.runs.find((run) => run.source !== null);
  if (run === undefined) return;
  const isThere = (state.last.get(run.source!) ?? -1) >= run.records[run.records.length - 1]!.sequence;
  if (isThere) landed(state, state.unsure!);
}

function landed(state: PartitionState, batch: Batch): void {
  state.producerSequence += batch.count;
  state.appended += batch.count;
  state.unsure = null;
  batch.planned.isAppended = true;
}
