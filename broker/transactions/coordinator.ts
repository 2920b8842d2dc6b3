/**
 * Transactions: who owns a transactional id, which partitions and groups an open transaction has touched, and how it
 * ends. Each step is in the journal before it counts: a broker that was killed while it ended a transaction ends it
 * when it comes back. The rules are in `transaction.ts`; KIP-447 fences the offsets of groups.
 */
import { join } from 'node:path';
import type { Catalog } from '../catalog/catalog.ts';
import { ErrorCode } from '../errors.ts';
import type { GroupCoordinator } from '../groups/coordinator.ts';
import type { Files } from '../log/files.ts';
import { Journal } from '../state/journal.ts';
import type { Log } from '../types.ts';
import {
  decideEnd,
  EPOCH_MAX,
  hasPartition,
  isEnding,
  ownerError,
  type ProducerIdentity,
  type TopicPartition,
  type Transaction,
} from './transaction.ts';

/** Who owns the transactional id from now on, or why the caller does not. */
export type OwnerResult =
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
const EXPIRY_MS = 7 * 86_400_000;

const refused = (errorCode: number): OwnerResult => ({ kind: 'refused', errorCode });

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
  init(transactionalId: string | null, timeoutMs: number, claimed: ProducerIdentity): OwnerResult {
    if (transactionalId === null) return { kind: 'owner', producerId: this.newProducerId(), epoch: 0 };
    if (transactionalId === '') return refused(ErrorCode.INVALID_REQUEST);
    if ((claimed.producerId === -1) !== (claimed.epoch === -1)) return refused(ErrorCode.INVALID_REQUEST);
    if (timeoutMs <= 0 || timeoutMs > this.ports.timeoutMaxMs) return refused(ErrorCode.INVALID_TRANSACTION_TIMEOUT);
    let known = this.byId.get(transactionalId);
    if (known !== undefined && claimed.producerId !== -1) {
      const isRepeated = claimed.epoch === known.lastEpoch && claimed.epoch !== known.epoch;
      const isOfPrevious = claimed.producerId === known.previousProducerId && claimed.epoch === EPOCH_MAX;
      const isOwner = claimed.producerId === known.producerId && (claimed.epoch === known.epoch || isRepeated);
      if (!isOwner && !isOfPrevious) return refused(ErrorCode.PRODUCER_FENCED);
      if (isRepeated) return owner(known);
    }
    if (known?.phase === 'Ongoing') known = this.abort(transactionalId, known);
    else if (known !== undefined && isEnding(known)) known = this.finish(transactionalId, known);
    return this.own(transactionalId, timeoutMs, known, claimed);
  }

  private own(id: string, timeoutMs: number, known: Transaction | undefined, claimed: ProducerIdentity): OwnerResult {
    const identity =
      known === undefined || known.epoch >= EPOCH_MAX
        ? { producerId: this.newProducerId(), epoch: 0, previousProducerId: known?.producerId }
        : { producerId: known.producerId, epoch: known.epoch + 1 };
    const state = { phase: 'Empty', partitions: [], groups: [], startedAtMs: -1 } as const;
    const updatedAtMs = this.ports.now();
    return owner(this.save(id, { ...identity, lastEpoch: claimed.epoch, timeoutMs, ...state, updatedAtMs }));
  }

  /** Adds partitions and groups to the transaction, which begins with the first. */
  add(
    transactionalId: string,
    claimed: ProducerIdentity,
    partitions: readonly TopicPartition[],
    groups: readonly string[],
  ): number {
    const refusal = ownerError(this.byId.get(transactionalId), claimed);
    if (refusal !== ErrorCode.NONE) return refusal;
    const known = this.byId.get(transactionalId)!;
    if (isEnding(known)) return ErrorCode.CONCURRENT_TRANSACTIONS;
    const newPartitions = partitions.filter((one) => !hasPartition(known, one));
    const newGroups = groups.filter((one) => !known.groups.includes(one));
    if (known.phase === 'Ongoing' && newPartitions.length === 0 && newGroups.length === 0) return ErrorCode.NONE;
    const nowMs = this.ports.now();
    this.save(transactionalId, {
      ...known,
      previousProducerId: undefined,
      phase: 'Ongoing',
      partitions: [...known.partitions, ...newPartitions],
      groups: [...known.groups, ...newGroups],
      startedAtMs: known.phase === 'Ongoing' ? known.startedAtMs : nowMs,
      updatedAtMs: nowMs,
    });
    return ErrorCode.NONE;
  }

  /**
   * Whether a transactional batch may be appended: its transaction must be open and have this partition. Clients that
   * `knowAbortable` (KIP-1050) are told that they may abort and go on.
   */
  checkProduce(transactionalId: string, claimed: ProducerIdentity, to: TopicPartition, knowAbortable: boolean): number {
    const refusal = ownerError(this.byId.get(transactionalId), claimed);
    if (refusal === ErrorCode.PRODUCER_FENCED) return ErrorCode.INVALID_PRODUCER_EPOCH;
    if (refusal !== ErrorCode.NONE) return refusal;
    const known = this.byId.get(transactionalId)!;
    const isOpen = known.phase === 'Ongoing' && hasPartition(known, to);
    if (isOpen) return ErrorCode.NONE;
    return knowAbortable ? ErrorCode.TRANSACTION_ABORTABLE : ErrorCode.INVALID_TXN_STATE;
  }

  checkOffsets(transactionalId: string, claimed: ProducerIdentity, group: string): number {
    const refusal = ownerError(this.byId.get(transactionalId), claimed);
    if (refusal !== ErrorCode.NONE) return refusal;
    const known = this.byId.get(transactionalId)!;
    return known.phase === 'Ongoing' && known.groups.includes(group) ? ErrorCode.NONE : ErrorCode.INVALID_TXN_STATE;
  }

  /** Commits or aborts; answers with which identity the owner goes on (`bumpsEpoch`: with a new epoch, KIP-890). */
  end(transactionalId: string, claimed: ProducerIdentity, commit: boolean, bumpsEpoch: boolean): OwnerResult {
    const known = this.byId.get(transactionalId);
    const decision = decideEnd(known, claimed, commit, bumpsEpoch);
    if (decision.kind === 'refused') return decision;
    if (decision.kind === 'done') return owner(known!);
    const decided = decision.kind === 'decide' ? this.decide(transactionalId, known!, commit, bumpsEpoch) : known!;
    return owner(this.finish(transactionalId, decided));
  }

  private decide(transactionalId: string, known: Transaction, commit: boolean, bumpsEpoch: boolean): Transaction {
    const nowMs = this.ports.now();
    const bumped = bumpsEpoch
      ? {
          epoch: known.epoch + 1,
          lastEpoch: known.epoch,
          nextProducerId: known.epoch >= EPOCH_MAX ? this.newProducerId() : undefined,
        }
      : {};
    const startedAtMs = known.phase === 'Ongoing' ? known.startedAtMs : nowMs;
    const phase = commit ? 'PrepareCommit' : 'PrepareAbort';
    return this.save(transactionalId, { ...known, ...bumped, startedAtMs, phase, updatedAtMs: nowMs });
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
    const phase = commit ? 'CompleteCommit' : 'CompleteAbort';
    const ended = { phase, partitions: [], groups: [], updatedAtMs: nowMs } as const;
    return this.save(transactionalId, { ...known, ...renewed(known), ...ended });
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

const owner = ({ producerId, epoch }: Transaction): OwnerResult => ({ kind: 'owner', producerId, epoch });

/** A producer id whose epochs are used up gives place to the next one. */
const renewed = ({ producerId, nextProducerId }: Transaction): Partial<Transaction> =>
  nextProducerId === undefined
    ? {}
    : { producerId: nextProducerId, epoch: 0, previousProducerId: producerId, nextProducerId: undefined };
