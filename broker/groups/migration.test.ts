import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { Catalog } from '../catalog/catalog.ts';
import { ErrorCode } from '../errors.ts';
import { BufferPool } from '../log/buffer-pool.ts';
import { MemoryFiles } from '../log/memory-files.ts';
import { Writer } from '../protocol/writer.ts';
import type { JoinRequest } from './classic-group.ts';
import type { ConsumerHeartbeat } from './consumer-member.ts';
import { readAssignment, writeAssignment } from './consumer-protocol.ts';
import { GroupCoordinator } from './coordinator.ts';

const started: GroupCoordinator[] = [];
afterEach(() => {
  for (const groups of started.splice(0)) groups.dismiss();
});

const setUp = (partitions: number): GroupCoordinator => {
  const files = new MemoryFiles();
  const log = () => undefined;
  const dataDir = '/data';
  const pool = new BufferPool();
  const catalog = new Catalog({ files, dataDir, pool, log, trustTail: true, defaults: {}, partitionsMax: 100 });
  catalog.create('t', partitions);
  const groups = new GroupCoordinator(files, dataDir, catalog, {
    log,
    now: () => 0,
    consumer: { sessionTimeoutMs: 45_000, heartbeatIntervalMs: 5000 },
    initialDelayMs: 1,
    sessionTimeoutMinMs: 6000,
    sessionTimeoutMaxMs: 60_000,
    offsetsRetentionMs: 1000,
  });
  started.push(groups);
  return groups;
};

/** What a member subscribes with: version 1 of ConsumerProtocol. */
const metadata = (owned: readonly number[] = []): Buffer => {
  const writer = new Writer();
  writer.int16(1);
  writer.int32(1);
  writer.int16(1);
  writer.string('t', 1);
  writer.int32(-1);
  writer.int32(1);
  writer.int16(1);
  writer.string('t', 1);
  writer.int32(owned.length);
  for (const partition of owned) writer.int32(partition);
  return Buffer.concat(writer.finish());
};

const joining = (change: Partial<JoinRequest> = {}): JoinRequest => ({
  memberId: '',
  instanceId: null,
  clientId: 'c',
  clientHost: '/127.0.0.1',
  sessionTimeoutMs: 30_000,
  rebalanceTimeoutMs: 30_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: metadata() }],
  takesIdFirst: false,
  skipsAssignment: true,
  ...change,
});

const beating = (change: Partial<ConsumerHeartbeat>): ConsumerHeartbeat => ({
  memberId: 'm',
  memberEpoch: 0,
  instanceId: null,
  rackId: null,
  clientId: 'client',
  clientHost: '/127.0.0.1',
  rebalanceTimeoutMs: 60_000,
  subscribedTopicNames: ['t'],
  subscribedTopicRegex: null,
  serverAssignor: null,
  topicPartitions: [],
  ...change,
});

const beat = (groups: GroupCoordinator, change: Partial<ConsumerHeartbeat>) =>
  groups.consumer('g', true)!.consumerHeartbeat(beating(change));

const syncing = (memberId: string, generationId: number, instanceId: string | null = null) => ({
  memberId,
  instanceId,
  generationId,
  protocolType: 'consumer',
  protocolName: 'range',
  assignments: [],
});

const partitionsIn = (assignment: Buffer): number[] =>
  assignment.length === 0 ? [] : readAssignment(assignment)!.partitions.flatMap((one) => one.partitions);

/** A classic group with one member, which has all partitions. */
const classicGroup = async (groups: GroupCoordinator, partitions: number[], change: Partial<JoinRequest> = {}) => {
  const { memberId, generationId } = await groups.join('g', joining(change));
  const assignments = [{ memberId, assignment: writeAssignment(1, [{ topic: 't', partitions }]) }];
  const request = { ...syncing(memberId, generationId, change.instanceId), protocolType: null, protocolName: null };
  await groups.find('g')!.sync({ ...request, assignments });
  return { memberId, generationId };
};

/** A client that does as it is told, but gives up partitions only when it is about to send its next request. */
interface Client {
  /** What it works on. */
  readonly partitions: ReadonlySet<number>;
  beat(): void;
  leave(): void;
}

class ConsumerClient implements Client {
  private readonly groups: GroupCoordinator;
  private readonly memberId: string;
  private epoch = 0;
  private assigned: { topicId: string; partitions: number[] }[] = [];
  partitions = new Set<number>();

  constructor(groups: GroupCoordinator, memberId: string) {
    this.groups = groups;
    this.memberId = memberId;
  }
  beat(): void {
    const { memberId, epoch: memberEpoch, assigned: topicPartitions } = this;
    this.partitions = new Set(topicPartitions.flatMap((one) => one.partitions));
    const answer = beat(this.groups, { memberId, memberEpoch, topicPartitions });
    expect(answer.errorCode).toBe(ErrorCode.NONE);
    this.epoch = answer.memberEpoch;
    if (answer.assignment !== null) this.assigned = answer.assignment.topicPartitions;
    for (const { partitions } of this.assigned) for (const one of partitions) this.partitions.add(one);
  }
  leave(): void {
    beat(this.groups, { memberId: this.memberId, memberEpoch: -1 });
  }
}

/** One that gives up all before it joins again (eager), or only what it is told to (cooperative). */
class ClassicClient implements Client {
  private readonly groups: GroupCoordinator;
  private readonly isEager: boolean;
  private memberId = '';
  private generation = -1;
  private assigned: number[] = [];
  partitions = new Set<number>();

  constructor(groups: GroupCoordinator, isEager: boolean) {
    this.groups = groups;
    this.isEager = isEager;
  }
  beat(): void {
    const code = this.groups.find('g')!.heartbeat(this.memberId, null, this.generation);
    const mustGiveUp = this.partitions.size > this.assigned.length;
    if (code === ErrorCode.NONE && !mustGiveUp) return;
    expect(code).toBe(this.memberId === '' ? ErrorCode.UNKNOWN_MEMBER_ID : ErrorCode.REBALANCE_IN_PROGRESS);
    this.partitions = new Set(this.isEager ? [] : this.assigned);
    this.join();
  }
  private join(): void {
    const group = this.groups.find('g');
    if (group?.kind !== 'consumer') throw new Error('Somebody of the new protocol must be there');
    const protocols = [{ name: 'range', metadata: metadata([...this.partitions]) }];
    const joined = group.join(joining({ memberId: this.memberId, protocols }));
    expect(joined.errorCode).toBe(ErrorCode.NONE);
    this.memberId = joined.memberId;
    this.generation = joined.generationId;
    const synced = group.sync(syncing(this.memberId, this.generation));
    expect(synced.errorCode).toBe(ErrorCode.NONE);
    this.assigned = partitionsIn(synced.assignment);
    for (const one of this.assigned) this.partitions.add(one);
  }
  leave(): void {
    this.groups.find('g')!.leave(this.memberId, null);
  }
}

describe('a group with members of both protocols', () => {
  test('however they come, go and beat, no partition has two owners, and in the end all have even shares', () => {
    const kinds = ['consumer', 'eager', 'cooperative'] as const;
    const newClient = (groups: GroupCoordinator, member: number): Client => {
      const kind = kinds[member % 3]!;
      return kind === 'consumer'
        ? new ConsumerClient(groups, `m${member}`)
        : new ClassicClient(groups, kind === 'eager');
    };
    const ANCHOR = 6; // consumer
    const step = fc.record({ member: fc.nat(ANCHOR), leaves: fc.integer({ min: 0, max: 9 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 9 }), (steps, partitions) => {
        const groups = setUp(partitions);
        const clients = new Map<number, Client>([[ANCHOR, newClient(groups, ANCHOR)]]);
        const check = (): void => {
          const all = [...clients.values()].flatMap((one) => [...one.partitions]);
          expect(new Set(all).size).toBe(all.length);
        };
        clients.get(ANCHOR)!.beat();
        for (const { member, leaves } of steps) {
          const client = clients.get(member) ?? newClient(groups, member);
          if (leaves === 0 && member !== ANCHOR && clients.delete(member)) client.leave();
          else {
            clients.set(member, client);
            client.beat();
          }
          check();
        }
        for (let round = 0; round < 12; round++) {
          for (const client of clients.values()) {
            client.beat();
            check();
          }
        }
        const shares = [...clients.values()].map((one) => one.partitions.size);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(partitions);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
        expect(groups.find('g')!.phase).toBe('Stable');
        groups.dismiss();
      }),
      { numRuns: 200 },
    );
  });

  test('a live classic group changes over when one of the new protocol joins, and its members keep their part', async () => {
    const groups = setUp(4);
    const { memberId, generationId } = await classicGroup(groups, [0, 1, 2, 3]);
    const first = beat(groups, {});
    expect([first.errorCode, first.assignment?.topicPartitions]).toEqual([ErrorCode.NONE, []]);
    const group = groups.find('g')!;
    expect(group.kind).toBe('consumer');
    expect(group.heartbeat(memberId, null, generationId)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    expect(group.checkCommit(memberId, null, generationId)).toBe(ErrorCode.NONE);
    expect(group.checkCommit(memberId, null, generationId + 1)).toBe(ErrorCode.ILLEGAL_GENERATION);
    const joined = await groups.join('g', joining({ memberId }));
    expect([joined.errorCode, joined.protocolName, joined.leader]).toEqual([ErrorCode.NONE, 'range', '']);
    const synced = await group.sync(syncing(memberId, joined.generationId));
    expect(partitionsIn(synced.assignment).length).toBe(2);
    const second = beat(groups, { memberEpoch: first.memberEpoch, subscribedTopicNames: null, topicPartitions: null });
    expect(second.assignment?.topicPartitions[0]?.partitions.length).toBe(2);
    expect(group.heartbeat(memberId, null, joined.generationId)).toBe(ErrorCode.NONE);
  });

  test('members that wait for a classic rebalance are told that another is under way', async () => {
    const groups = setUp(1);
    const { memberId } = await classicGroup(groups, [0]);
    const waiting = groups.join('g', joining());
    beat(groups, {});
    const { errorCode, memberId: newId } = await waiting;
    expect(errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    expect([...groups.find('g')!.members.keys()]).toEqual([memberId, newId, 'm']);
  });

  test('when the last of the new protocol leaves, the group is a classic one again, and gathers', async () => {
    const groups = setUp(2);
    beat(groups, {});
    const { memberId, generationId } = await groups.join('g', joining());
    beat(groups, { memberEpoch: -1 });
    const group = groups.find('g')!;
    expect([group.kind, group.phase]).toEqual(['classic', 'PreparingRebalance']);
    expect(group.heartbeat(memberId, null, generationId)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    const joined = await groups.join('g', joining({ memberId }));
    expect([joined.leader, joined.generationId]).toEqual([memberId, generationId + 1]);
  });

  test('a static member takes its place along from one protocol to the other, and who had it is fenced', async () => {
    const groups = setUp(2);
    const before = await classicGroup(groups, [0, 1], { instanceId: 'i' });
    const first = beat(groups, { instanceId: 'i' });
    expect(first.assignment?.topicPartitions[0]?.partitions).toEqual([0, 1]);
    const group = groups.find('g')!;
    expect(group.heartbeat(before.memberId, 'i', before.generationId)).toBe(ErrorCode.FENCED_INSTANCE_ID);
    beat(groups, { memberId: 'other' });
    const after = await groups.join('g', joining({ instanceId: 'i' }));
    expect(after.errorCode).toBe(ErrorCode.NONE);
    const fenced = beat(groups, { instanceId: 'i', memberEpoch: first.memberEpoch });
    expect(fenced.errorCode).toBe(ErrorCode.FENCED_INSTANCE_ID);
  });

  test('the last static member of the new protocol that comes back by the classic one takes the others along', async () => {
    const groups = setUp(2);
    beat(groups, { instanceId: 'i' });
    const other = await groups.join('g', joining());
    const back = groups.join('g', joining({ instanceId: 'i' }));
    const again = groups.join('g', joining({ memberId: other.memberId }));
    expect(groups.find('g')!.kind).toBe('classic');
    expect([(await back).errorCode, (await again).errorCode]).toEqual([ErrorCode.NONE, ErrorCode.NONE]);
    expect(groups.find('g')!.members.size).toBe(2);
  });

  test('a member that is told to join again, or to ask for its part, and does not, is let go', async () => {
    const groups = setUp(2);
    beat(groups, {});
    const { memberId } = await groups.join('g', joining({ rebalanceTimeoutMs: 20 }));
    await expect.poll(() => groups.find('g')!.members.has(memberId)).toBe(false);
  });

  test('a new member is given its id first, and one with a protocol that the others do not know is refused', async () => {
    const groups = setUp(2);
    beat(groups, {});
    const first = await groups.join('g', joining({ takesIdFirst: true }));
    expect(first.errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED);
    const second = await groups.join('g', joining({ takesIdFirst: true, memberId: first.memberId }));
    expect(second.errorCode).toBe(ErrorCode.NONE);
    for (const change of [
      { protocols: [{ name: 'sticky', metadata: metadata() }] },
      { protocols: [{ name: 'range', metadata: Buffer.from('m') }] },
      { protocolType: 'connect' },
    ])
      expect((await groups.join('g', joining(change))).errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  });

  test.each([
    ['of another type', { protocolType: 'connect' }],
    ['with a subscription that cannot be read', { protocols: [{ name: 'range', metadata: Buffer.from('m') }] }],
  ])('a classic group %s stays as it is', async (_name, change) => {
    const groups = setUp(1);
    await classicGroup(groups, [0], change);
    expect(groups.consumer('g', true)).toBeUndefined();
    expect(groups.find('g')).toMatchObject({ kind: 'classic', phase: 'Stable' });
  });

  test('a classic group whose assignor keeps data of its own stays as it is', async () => {
    const groups = setUp(1);
    const { memberId } = await groups.join('g', joining());
    const plain = writeAssignment(1, [{ topic: 't', partitions: [0] }]);
    const assignment = Buffer.concat([plain.subarray(0, -4), Buffer.from([0, 0, 0, 1, 7])]);
    await groups.find('g')!.sync({ ...syncing(memberId, 1), assignments: [{ memberId, assignment }] });
    expect(groups.consumer('g', true)).toBeUndefined();
  });
});
