import { describe, expect, test } from 'vitest';
import { Catalog } from '../catalog/catalog.ts';
import { ErrorCode } from '../errors.ts';
import { GroupCoordinator } from '../groups/coordinator.ts';
import { BufferPool } from '../log/buffer-pool.ts';
import { MemoryFiles } from '../log/memory-files.ts';
import { Journal } from '../state/journal.ts';
import { TransactionCoordinator } from './coordinator.ts';
import { EPOCH_MAX, type ProducerIdentity } from './transaction.ts';

const NOBODY = { producerId: -1, epoch: -1 };
const PARTITION = { topic: 't', partition: 0 };

const setUp = (files = new MemoryFiles()) => {
  const log = () => undefined;
  const now = () => 0;
  const dataDir = '/data';
  const pool = new BufferPool();
  const catalog = new Catalog({ files, dataDir, pool, log, trustTail: true, defaults: {}, partitionsMax: 100 });
  if (catalog.named('t') === undefined) catalog.create('t', 1);
  const groups = new GroupCoordinator(files, dataDir, catalog, {
    log,
    now,
    consumer: { sessionTimeoutMs: 45_000, heartbeatIntervalMs: 5000 },
    initialDelayMs: 0,
    sessionTimeoutMinMs: 6000,
    sessionTimeoutMaxMs: 60_000,
    offsetsRetentionMs: 1000,
  });
  const transactions = new TransactionCoordinator(files, dataDir, { catalog, groups, log, now, timeoutMaxMs: 900_000 });
  return { files, catalog, transactions };
};

type Coordinator = ReturnType<typeof setUp>['transactions'];

const begin = (transactions: Coordinator, claimed: ProducerIdentity = NOBODY): ProducerIdentity => {
  const result = transactions.init('x', 60_000, claimed);
  if (result.kind !== 'owner') throw new Error(`refused with ${result.errorCode}`);
  return { producerId: result.producerId, epoch: result.epoch };
};

/** One whole transaction of a client that knows KIP-890. */
const runOne = (transactions: Coordinator, owner: ProducerIdentity): ProducerIdentity => {
  expect(transactions.add('x', owner, [PARTITION], [])).toBe(ErrorCode.NONE);
  const result = transactions.end('x', owner, true, true);
  if (result.kind !== 'owner') throw new Error(`refused with ${result.errorCode}`);
  return { producerId: result.producerId, epoch: result.epoch };
};

test('the time of the beginning is known until there is a new owner', () => {
  const { transactions } = setUp();
  const owner = begin(transactions);
  const startedAtMs = () => transactions.get('x')?.startedAtMs;
  expect(startedAtMs()).toBe(-1);
  runOne(transactions, owner);
  expect(startedAtMs()).toBe(0);
  begin(transactions);
  expect(startedAtMs()).toBe(-1);
});

describe('transactions whose end bumps the epoch', () => {
  test('each goes on with the next epoch; the marker carries it, so that a late batch is refused by the log', () => {
    const { transactions, catalog } = setUp();
    const first = begin(transactions);
    const second = runOne(transactions, first);
    expect(second).toEqual({ ...first, epoch: first.epoch + 1 });
    expect(catalog.named('t')!.logs[0]!.producers.byId.get(first.producerId)?.epoch).toBe(second.epoch);
    expect(transactions.add('x', first, [PARTITION], [])).toBe(ErrorCode.PRODUCER_FENCED);
    expect(runOne(transactions, second).epoch).toBe(second.epoch + 1);
  });

  test('a repeated end is answered alike, also after a restart', () => {
    const { transactions, files } = setUp();
    const first = begin(transactions);
    const second = runOne(transactions, first);
    expect(transactions.end('x', first, true, true)).toEqual({ kind: 'owner', ...second });
    expect(setUp(files).transactions.end('x', first, true, true)).toEqual({ kind: 'owner', ...second });
    expect(transactions.end('x', first, false, true)).toEqual({
      kind: 'refused',
      errorCode: ErrorCode.INVALID_TXN_STATE,
    });
  });

  test('when the epochs of a producer id are used up, the owner goes on with another id', () => {
    const { transactions, files } = setUp();
    const first = begin(transactions);
    const journal = new Journal<unknown>(files, '/data/transactions.journal');
    journal.set('transaction\u0000x', { ...transactions.get('x'), epoch: EPOCH_MAX - 1 });
    const worn = setUp(files).transactions;
    const last = runOne(worn, { ...first, epoch: EPOCH_MAX - 1 });
    expect(last).toEqual({ ...first, epoch: EPOCH_MAX });
    const next = runOne(worn, last);
    expect(next.epoch).toBe(0);
    expect(next.producerId).not.toBe(last.producerId);
    expect(worn.end('x', last, true, true)).toEqual({ kind: 'owner', ...next });
    expect(begin(worn, last)).toEqual(next);
    expect(begin(worn, next)).toEqual({ ...next, epoch: 1 });
  });

  test('an end that a full disk holds up is completed when it is asked for again', () => {
    const { transactions, files, catalog } = setUp();
    const owner = begin(transactions);
    transactions.add('x', owner, [PARTITION], []);
    files.isFull = true;
    expect(() => transactions.end('x', owner, true, true)).toThrow('ENOSPC');
    files.isFull = false;
    expect(transactions.end('x', owner, true, true)).toEqual({
      kind: 'owner',
      producerId: owner.producerId,
      epoch: owner.epoch + 1,
    });
    expect(catalog.named('t')!.logs[0]!.lastStableOffset).toBe(catalog.named('t')!.logs[0]!.nextOffset);
  });
});
