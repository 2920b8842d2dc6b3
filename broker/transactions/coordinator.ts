/**
 * Transactions: who owns a transactional id, which partitions and groups an open transaction has touched, and how it
 * ends. Each step is in the journal before it counts: a broker that was killed while it ended a transaction ends it
 * when it comes back. Semantics: KIP-98, KIP-360 (epoch bump by the client), KIP-447 (fencing of groups' offsets).
 */
import { join } from 'node:path';
import type { Catalog } from '../catalog/catalog.ts';
import { ErrorCode } from '../errors.ts';
import type { GroupCoordinator } from '../groups/coordinator.ts';
import type { Files } from '../log/files.ts';
import { Journal } from '../state/journal.ts';
import type { Log } from '../types.ts';

export type TransactionPhase =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort';

export interface Transaction {
  readonly producerId: number;
  readonly epoch: number;
  /** The epoch before the last bump by the client itself: a repeated InitProducerId carries it. */
  readonly lastEpoch: number;
  readonly timeoutMs: number;
  readonly phase: TransactionPhase;
  readonly partitions: readonly TopicPartition[];
  readonly groups: readonly string[];
  /** -1: none is open */
  readonly startedAtMs: number;
  readonly updatedAtMs: number;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface ProducerIdentity {
  readonly producerId: number;
  readonly epoch: number;
}

export type InitResult =
  | ({ readonly kind: 'owner' } & ProducerIdentity)
  | { readonly kind: 'refused'; readonly errorCode: number };

export interface TransactionPorts {
  readonly catalog: Catalog;
  readonly groups: GroupCoordinator;
  readonly log: Log;
  readonly now: () => number;
  readonly timeoutMaxMs: number;
}

const PRODUCER_IDS = 'producer ids';
const TRANSACTION = 'transaction\u0000';
const ID_BLOCK = 1000;
const EPOCH_MAX = 32766;
const EXPIRY_MS = 7 * 86_400_000;

const refused = (errorCode: number): InitResult => ({ kind: 'refused', errorCode });
const samePartition = (a: TopicPartition, b: TopicPartition): boolean =>
  a.topic === b.topic && a.partition === b.partition;

export class TransactionCoordinator {
  private readonly journal: Journal<unknown>;
  private readonly ports: TransactionPorts;
  private readonly byId = new Map<string, Transaction>();
  private nextProducerId: number;
  private reservedTo: number;

  constructor(files: Files, dataDir: string, ports: TransactionPorts) {
    this.ports = ports;
    this.journal = new Journal(files, join(dataDir, 'transactions.journal'));
    this.nextProducerId = this.reservedTo = (this.journal.get(PRODUCER_IDS) as number | undefined) ?? 0;
    for (const [key, value] of this.journal.entries()) {
      if (key.startsWith(TRANSACTION)) this.byId.set(key.slice(TRANSACTION.length), value as Transaction);
    }
    for (const [id, transaction] of this.byId) if (isEnding(transaction)) this.finish(id, transaction);
  }

  all(): IterableIterator<[string, Transaction]> {
    return this.byId.entries();
  }
  get(transactionalId: string): Transaction | undefined {
    return this.byId.get(transactionalId);
  }

  private save(transactionalId: string, transaction: Transaction): Transaction {
    this.journal.set(TRANSACTION + transactionalId, transaction);
    this.byId.set(transactionalId, transaction);
    return transaction;
  }

  /** Ids are reserved in blocks, so that one is never given out twice, whatever happens. */
  private newProducerId(): number {
    if (this.nextProducerId >= this.reservedTo) {
      this.journal.set(PRODUCER_IDS, this.reservedTo + ID_BLOCK);
      this.reservedTo += ID_BLOCK;
    }
    return this.nextProducerId++;
  }

  /** Gives out an id and epoch. For a transactional id this fences every earlier owner and ends what it left open. */
  init(transactionalId: string | null, timeoutMs: number, claimed: ProducerIdentity): InitResult {
    if (transactionalId === null) return { kind: 'owner', producerId: this.newProducerId(), epoch: 0 };
    if (transactionalId === '') return refused(ErrorCode.INVALID_REQUEST);
    if (timeoutMs <= 0 || timeoutMs > this.ports.timeoutMaxMs) return refused(ErrorCode.INVALID_TRANSACTION_TIMEOUT);
    let known = this.byId.get(transactionalId);
    if (known !== undefined && claimed.producerId !== -1) {
      const isRepeated = claimed.epoch === known.lastEpoch && claimed.epoch !== known.epoch;
      if (claimed.producerId !== known.producerId || (claimed.epoch !== known.epoch && !isRepeated))
        return refused(ErrorCode.PRODUCER_FENCED);
      if (isRepeated) return { kind: 'owner', producerId: known.producerId, epoch: known.epoch };
    }
    if (known?.phase === 'Ongoing') known = this.abort(transactionalId, known);
    else if (known !== undefined && isEnding(known)) known = this.finish(transactionalId, known);
    return this.own(transactionalId, timeoutMs, known, claimed);
  }

  private own(id: string, timeoutMs: number, known: Transaction | undefined, claimed: ProducerIdentity): InitResult {
    const isNewId = known === undefined || known.epoch >= EPOCH_MAX;
    const producerId = isNewId ? this.newProducerId() : known.producerId;
    const epoch = isNewId ? 0 : known.epoch + 1;
    const lastEpoch = claimed.producerId === -1 ? -1 : claimed.epoch;
    const state = { phase: 'Empty', partitions: [], groups: [], startedAtMs: -1 } as const;
    this.save(id, { producerId, epoch, lastEpoch, timeoutMs, ...state, updatedAtMs: this.ports.now() });
    return { kind: 'owner', producerId, epoch };
  }

  /** Whether the caller owns the id; the error code if not. */
  private check(transactionalId: string, claimed: ProducerIdentity): number {
    const known = this.byId.get(transactionalId);
    if (known === undefined || known.producerId !== claimed.producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
    return known.epoch === claimed.epoch ? ErrorCode.NONE : ErrorCode.PRODUCER_FENCED;
  }

  /** Adds partitions and groups to the transaction, which begins with the first. */
  add(
    transactionalId: string,
    claimed: ProducerIdentity,
    partitions: readonly TopicPartition[],
    groups: readonly string[],
  ): number {
    const refusal = this.check(transactionalId, claimed);
    if (refusal !== ErrorCode.NONE) return refusal;
    const known = this.byId.get(transactionalId)!;
    if (isEnding(known)) return ErrorCode.CONCURRENT_TRANSACTIONS;
    const newPartitions = partitions.filter((one) => !known.partitions.some((other) => samePartition(one, other)));
    const newGroups = groups.filter((one) => !known.groups.includes(one));
    if (known.phase === 'Ongoing' && newPartitions.length === 0 && newGroups.length === 0) return ErrorCode.NONE;
    const nowMs = this.ports.now();
    this.save(transactionalId, {
      ...known,
      phase: 'Ongoing',
      partitions: [...known.partitions, ...newPartitions],
      groups: [...known.groups, ...newGroups],
      startedAtMs: known.phase === 'Ongoing' ? known.startedAtMs : nowMs,
      updatedAtMs: nowMs,
    });
    return ErrorCode.NONE;
  }

  /** Whether a transactional batch may be appended: its transaction must be open and have this partition. */
  checkProduce(transactionalId: string, claimed: ProducerIdentity, to: TopicPartition): number {
    const refusal = this.check(transactionalId, claimed);
    if (refusal === ErrorCode.PRODUCER_FENCED) return ErrorCode.INVALID_PRODUCER_EPOCH;
    if (refusal !== ErrorCode.NONE) return refusal;
    const known = this.byId.get(transactionalId)!;
    const isOpen = known.phase === 'Ongoing' && known.partitions.some((one) => samePartition(one, to));
    return isOpen ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE;
  }

  checkOffsets(transactionalId: string, claimed: ProducerIdentity, group: string): number {
    const refusal = this.check(transactionalId, claimed);
    if (refusal !== ErrorCode.NONE) return refusal;
    const known = this.byId.get(transactionalId)!;
    return known.phase === 'Ongoing' && known.groups.includes(group) ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE;
  }

  end(transactionalId: string, claimed: ProducerIdentity, commit: boolean): number {
    const refusal = this.check(transactionalId, claimed);
    if (refusal !== ErrorCode.NONE) return refusal;
    const known = this.byId.get(transactionalId)!;
    const wanted = commit ? 'Commit' : 'Abort';
    if (known.phase === `Complete${wanted}`) return ErrorCode.NONE;
    if (known.phase !== 'Ongoing' && known.phase !== `Prepare${wanted}`) return ErrorCode.INVALID_TXN_STATE;
    const prepared = this.save(transactionalId, { ...known, phase: `Prepare${wanted}`, updatedAtMs: this.ports.now() });
    this.finish(transactionalId, prepared);
    return ErrorCode.NONE;
  }

  /** Ends an open transaction against its owner's will: a higher epoch fences it. */
  private abort(transactionalId: string, known: Transaction): Transaction {
    const fenced = { ...known, epoch: known.epoch + 1, lastEpoch: -1, phase: 'PrepareAbort' } as const;
    return this.finish(transactionalId, this.save(transactionalId, { ...fenced, updatedAtMs: this.ports.now() }));
  }

  /** Writes the markers and applies the offsets of a transaction whose end is decided. May be repeated. */
  private finish(transactionalId: string, known: Transaction): Transaction {
    const commit = known.phase === 'PrepareCommit';
    const nowMs = this.ports.now();
    for (const { topic, partition } of known.partitions) {
      const log = this.ports.catalog.named(topic)?.logs[partition];
      log?.appendMarker(known.producerId, known.epoch, { commit, coordinatorEpoch: 0 }, nowMs);
    }
    for (const group of known.groups) this.ports.groups.offsets.endTransaction(group, known.producerId, commit);
    const ended = { partitions: [], groups: [], startedAtMs: -1, updatedAtMs: nowMs };
    return this.save(transactionalId, { ...known, ...ended, phase: commit ? 'CompleteCommit' : 'CompleteAbort' });
  }

  /** Aborts transactions that have been open for too long, finishes what a full disk held up, and forgets old ids. */
  expire(nowMs: number): void {
    for (const [id, known] of this.byId) {
      if (isEnding(known)) this.finish(id, known);
      else if (known.phase === 'Ongoing' && nowMs - known.startedAtMs > known.timeoutMs) {
        this.ports.log(
          'warn',
          `The transaction of '${id}' was open for more than ${known.timeoutMs} ms and is aborted`,
        );
        this.abort(id, known);
      } else if (known.phase !== 'Ongoing' && nowMs - known.updatedAtMs > EXPIRY_MS) {
        this.journal.delete(TRANSACTION + id);
        this.byId.delete(id);
      }
    }
  }

  close(): void {
    this.journal.close();
  }
}

const isEnding = (transaction: Transaction): boolean =>
  transaction.phase === 'PrepareCommit' || transaction.phase === 'PrepareAbort';
