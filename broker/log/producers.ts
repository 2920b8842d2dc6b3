/**
 * What a partition knows of its idempotent and transactional producers: the last batches of each, to tell repetitions
 * from gaps; open transactions, which bound what read_committed consumers may see; and the aborted ones.
 * Pure state: the log feeds it every batch, at append and again when it recovers.
 */
import { CONTROL_BIT, TRANSACTIONAL_BIT, type BatchHeader } from '../records/batch.ts';

const BATCHES_KEPT = 5;
const SEQUENCES = 2 ** 31;

interface SentBatch {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
  readonly timestampMs: number;
}

export interface ProducerState {
  readonly producerId: number;
  epoch: number;
  batches: SentBatch[];
  lastTimestampMs: number;
  coordinatorEpoch: number;
  /** The first offset of the transaction that is open here, or -1. */
  transactionStart: number;
}

export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  readonly lastOffset: number;
}

export type SequenceCheck =
  | { readonly kind: 'next' }
  | { readonly kind: 'duplicate'; readonly baseOffset: number; readonly timestampMs: number }
  | { readonly kind: 'gap'; readonly expected: number }
  | { readonly kind: 'fenced'; readonly epoch: number };

export interface ProducersSnapshot {
  readonly offset: number;
  readonly producers: readonly ProducerState[];
  readonly aborted: readonly AbortedTransaction[];
}

const lastSequenceOf = (header: BatchHeader): number => (header.baseSequence + header.recordCount - 1) % SEQUENCES;

export class Producers {
  readonly byId = new Map<number, ProducerState>();
  /** In order of `lastOffset`. */
  aborted: AbortedTransaction[] = [];
  /** First offsets of open transactions by producer id, oldest first. */
  private readonly open = new Map<number, number>();

  get openTransactions(): number {
    return this.open.size;
  }

  /** The first offset that belongs to an open transaction, if any. */
  firstUnstableOffset(): number | undefined {
    return this.open.values().next().value;
  }

  /** Whether a batch of a producer with an id may be appended. */
  check(header: BatchHeader): SequenceCheck {
    const producer = this.byId.get(header.producerId);
    if (producer === undefined) return { kind: 'next' };
    if (header.producerEpoch < producer.epoch) return { kind: 'fenced', epoch: producer.epoch };
    if (header.producerEpoch > producer.epoch)
      return header.baseSequence === 0 ? { kind: 'next' } : { kind: 'gap', expected: 0 };
    const lastSequence = lastSequenceOf(header);
    for (const sent of producer.batches) {
      if (sent.firstSequence === header.baseSequence && sent.lastSequence === lastSequence)
        return { kind: 'duplicate', baseOffset: sent.baseOffset, timestampMs: sent.timestampMs };
    }
    const last = producer.batches.at(-1);
    const expected = last === undefined ? 0 : (last.lastSequence + 1) % SEQUENCES;
    return header.baseSequence === expected ? { kind: 'next' } : { kind: 'gap', expected };
  }

  /** Takes in a data batch that is in the log. */
  note(header: BatchHeader): void {
    const producer = this.producer(header.producerId, header.producerEpoch);
    if (producer.epoch !== header.producerEpoch) {
      producer.epoch = header.producerEpoch;
      producer.batches = [];
    }
    producer.lastTimestampMs = header.maxTimestamp;
    producer.batches.push({
      firstSequence: header.baseSequence,
      lastSequence: lastSequenceOf(header),
      baseOffset: header.baseOffset,
      timestampMs: header.maxTimestamp,
    });
    if (producer.batches.length > BATCHES_KEPT) producer.batches.shift();
    if ((header.attributes & TRANSACTIONAL_BIT) !== 0 && producer.transactionStart === -1) {
      producer.transactionStart = header.baseOffset;
      this.open.set(header.producerId, header.baseOffset);
    }
  }

  /** Takes in the marker that ends a transaction. */
  noteMarker(header: BatchHeader, commit: boolean, coordinatorEpoch: number): void {
    const producer = this.producer(header.producerId, header.producerEpoch);
    if (producer.transactionStart !== -1 && !commit)
      this.aborted.push({
        producerId: header.producerId,
        firstOffset: producer.transactionStart,
        lastOffset: header.baseOffset,
      });
    if (producer.epoch !== header.producerEpoch) {
      producer.epoch = header.producerEpoch;
      producer.batches = [];
    }
    producer.coordinatorEpoch = coordinatorEpoch;
    producer.lastTimestampMs = header.maxTimestamp;
    producer.transactionStart = -1;
    this.open.delete(header.producerId);
  }

  private producer(producerId: number, epoch: number): ProducerState {
    let producer = this.byId.get(producerId);
    if (producer === undefined) {
      producer = { producerId, epoch, batches: [], lastTimestampMs: -1, coordinatorEpoch: -1, transactionStart: -1 };
      this.byId.set(producerId, producer);
    }
    return producer;
  }

  /** The aborted transactions that a reader of [from, to) has to skip. */
  abortedIn(from: number, to: number): AbortedTransaction[] {
    return this.aborted.filter((one) => one.lastOffset >= from && one.firstOffset < to);
  }

  /** Forgets what lies before the start of the log, and producers that have been silent since `silentSinceMs`. */
  forget(logStartOffset: number, silentSinceMs: number): void {
    this.aborted = this.aborted.filter((one) => one.lastOffset >= logStartOffset);
    for (const producer of this.byId.values()) {
      if (producer.transactionStart === -1 && producer.lastTimestampMs < silentSinceMs)
        this.byId.delete(producer.producerId);
    }
  }

  snapshot(offset: number): ProducersSnapshot {
    return { offset, producers: [...this.byId.values()], aborted: this.aborted };
  }

  restore(snapshot: ProducersSnapshot): void {
    this.byId.clear();
    this.open.clear();
    for (const producer of snapshot.producers) this.byId.set(producer.producerId, structuredClone(producer));
    this.aborted = [...snapshot.aborted];
    const open = [...this.byId.values()].filter((producer) => producer.transactionStart !== -1);
    for (const producer of open.toSorted((a, b) => a.transactionStart - b.transactionStart))
      this.open.set(producer.producerId, producer.transactionStart);
  }
}

export const isMarker = (header: BatchHeader): boolean => (header.attributes & CONTROL_BIT) !== 0;
