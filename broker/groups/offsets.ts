/** Committed offsets of all groups, and those that wait for their transaction to end. Durable in the groups' journal. */
import type { Journal } from '../state/journal.ts';

export interface CommittedOffset {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly metadata: string;
  readonly committedAtMs: number;
}

export interface OffsetKey {
  readonly topic: string;
  readonly partition: number;
}

const SEPARATOR = '\u0000';
const COMMITTED = 'offset';
const PENDING = 'pending';

const join = (...parts: (string | number)[]): string => parts.join(SEPARATOR);
const partitionKey = ({ topic, partition }: OffsetKey): string => join(topic, partition);
const parsePartitionKey = (key: string): OffsetKey => {
  const [topic = '', partition = '0'] = key.split(SEPARATOR);
  return { topic, partition: Number(partition) };
};

type ByPartition = Map<string, CommittedOffset>;

export class Offsets {
  private readonly journal: Journal<unknown>;
  private readonly committed = new Map<string, ByPartition>();
  /** group → producer id → partition → offset */
  private readonly pending = new Map<string, Map<number, ByPartition>>();

  constructor(journal: Journal<unknown>) {
    this.journal = journal;
    for (const [key, value] of journal.entries()) this.load(key.split(SEPARATOR), value as CommittedOffset);
  }

  private load([kind, group = '', ...rest]: string[], value: CommittedOffset): void {
    if (kind === COMMITTED) this.ofGroup(group).set(rest.join(SEPARATOR), value);
    if (kind === PENDING) this.ofProducer(group, Number(rest[0])).set(rest.slice(1).join(SEPARATOR), value);
  }

  private ofGroup(group: string): ByPartition {
    let found = this.committed.get(group);
    if (found === undefined) this.committed.set(group, (found = new Map()));
    return found;
  }

  private ofProducer(group: string, producerId: number): ByPartition {
    let producers = this.pending.get(group);
    if (producers === undefined) this.pending.set(group, (producers = new Map()));
    let found = producers.get(producerId);
    if (found === undefined) producers.set(producerId, (found = new Map()));
    return found;
  }

  groups(): Iterable<string> {
    return this.committed.keys();
  }
  has(group: string): boolean {
    return (this.committed.get(group)?.size ?? 0) > 0;
  }
  get(group: string, key: OffsetKey): CommittedOffset | undefined {
    return this.committed.get(group)?.get(partitionKey(key));
  }
  all(group: string): (OffsetKey & CommittedOffset)[] {
    return [...(this.committed.get(group) ?? [])].map(([key, value]) => ({ ...parsePartitionKey(key), ...value }));
  }

  commit(group: string, offsets: readonly (OffsetKey & CommittedOffset)[]): void {
    const entries = offsets.map((one) => [partitionKey(one), valueOf(one)] as const);
    this.journal.write(entries.map(([key, value]) => [join(COMMITTED, group, key), value]));
    const committed = this.ofGroup(group);
    for (const [key, value] of entries) committed.set(key, value);
  }

  /** Keeps offsets until the producer's transaction ends. */
  commitPending(group: string, producerId: number, offsets: readonly (OffsetKey & CommittedOffset)[]): void {
    const entries = offsets.map((one) => [partitionKey(one), valueOf(one)] as const);
    this.journal.write(entries.map(([key, value]) => [join(PENDING, group, producerId, key), value]));
    const pending = this.ofProducer(group, producerId);
    for (const [key, value] of entries) pending.set(key, value);
  }

  /** A transaction that is still open would commit offsets in this group. */
  hasPending(group: string): boolean {
    return (this.pending.get(group)?.size ?? 0) > 0;
  }

  isPending(group: string, key: OffsetKey): boolean {
    const wanted = partitionKey(key);
    for (const offsets of this.pending.get(group)?.values() ?? []) if (offsets.has(wanted)) return true;
    return false;
  }

  /** Applies or drops what the producer's transaction would commit in this group. */
  endTransaction(group: string, producerId: number, commit: boolean): void {
    const offsets = this.pending.get(group)?.get(producerId);
    if (offsets === undefined) return;
    const changes: [string, CommittedOffset | null][] = [];
    for (const [key, value] of offsets) {
      changes.push([join(PENDING, group, producerId, key), null]);
      if (commit) changes.push([join(COMMITTED, group, key), value]);
    }
    this.journal.write(changes);
    this.pending.get(group)?.delete(producerId);
    if (commit) for (const [key, value] of offsets) this.ofGroup(group).set(key, value);
  }

  remove(group: string, keys: readonly OffsetKey[]): void {
    this.journal.write(keys.map((key) => [join(COMMITTED, group, partitionKey(key)), null]));
    for (const key of keys) this.committed.get(group)?.delete(partitionKey(key));
    if (this.committed.get(group)?.size === 0) this.committed.delete(group);
  }

  removeGroup(group: string): void {
    this.remove(group, this.all(group));
    for (const producerId of Array.from(this.pending.get(group)?.keys() ?? []))
      this.endTransaction(group, producerId, false);
    this.pending.delete(group);
  }

  removeTopic(topic: string): void {
    for (const group of Array.from(this.committed.keys())) {
      this.remove(
        group,
        this.all(group).filter((one) => one.topic === topic),
      );
    }
  }
}

const valueOf = ({ offset, leaderEpoch, metadata, committedAtMs }: CommittedOffset): CommittedOffset => ({
  offset,
  leaderEpoch,
  metadata,
  committedAtMs,
});
