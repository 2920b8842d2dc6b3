import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { Catalog } from '../catalog/catalog.ts';
import { ErrorCode } from '../errors.ts';
import { BufferPool } from '../log/buffer-pool.ts';
import { MemoryFiles } from '../log/memory-files.ts';
import { compilePattern } from '../pattern.ts';
import { range, uniform } from './assignors.ts';
import { ConsumerGroup } from './consumer-group.ts';
import type { ConsumerHeartbeat } from './consumer-member.ts';
import { TopicPattern } from './topic-pattern.ts';

const groups: ConsumerGroup[] = [];
afterEach(() => {
  for (const group of groups.splice(0)) group.close();
});

const setUp = (partitions: number) => {
  const catalog = new Catalog({
    files: new MemoryFiles(),
    dataDir: '/data',
    pool: new BufferPool(),
    log: () => undefined,
    trustTail: true,
    defaults: {},
    partitionsMax: 100,
  });
  catalog.create('t', partitions);
  const settings = { sessionTimeoutMs: 45_000, heartbeatIntervalMs: 5000 };
  const group = new ConsumerGroup('g', { catalog, settings, onlyClassicLeft: () => undefined });
  groups.push(group);
  return { catalog, group };
};

const beat = (change: Partial<ConsumerHeartbeat>): ConsumerHeartbeat => ({
  memberId: 'm',
  memberEpoch: 0,
  instanceId: null,
  rackId: null,
  clientId: 'client',
  clientHost: '/127.0.0.1',
  rebalanceTimeoutMs: 60_000,
  subscribedTopicNames: null,
  subscribedTopicRegex: null,
  serverAssignor: null,
  topicPartitions: null,
  ...change,
});

const topicPattern = async (text: string): Promise<TopicPattern> => {
  const pattern = await compilePattern(text);
  if (pattern.kind === 'invalid') throw new Error(pattern.reason);
  return new TopicPattern(pattern);
};

/** A client that does as it is told. */
class Client {
  readonly memberId: string;
  private readonly group: ConsumerGroup;
  epoch = 0;
  owned: { topicId: string; partitions: number[] }[] = [];

  constructor(group: ConsumerGroup, memberId: string) {
    this.group = group;
    this.memberId = memberId;
  }
  get partitions(): number[] {
    return this.owned.flatMap((one) => one.partitions);
  }
  beat(): void {
    const subscribedTopicNames = this.epoch === 0 ? ['t'] : null;
    const { memberId, epoch: memberEpoch, owned: topicPartitions } = this;
    const answer = this.group.consumerHeartbeat(beat({ memberId, memberEpoch, subscribedTopicNames, topicPartitions }));
    expect(answer.errorCode).toBe(ErrorCode.NONE);
    this.epoch = answer.memberEpoch;
    if (answer.assignment !== null) this.owned = answer.assignment.topicPartitions;
  }
  leave(): void {
    this.group.consumerHeartbeat(beat({ memberId: this.memberId, memberEpoch: -1 }));
  }
}

describe('a group of the new protocol', () => {
  test('however members come, go and beat, no partition has two owners, and in the end all have even shares', () => {
    const step = fc.record({ member: fc.nat(4), leaves: fc.integer({ min: 0, max: 9 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 9 }), (steps, partitions) => {
        const { group } = setUp(partitions);
        const clients = new Map<number, Client>();
        const check = (): void => {
          const all = [...clients.values()].flatMap((one) => one.partitions);
          expect(new Set(all).size).toBe(all.length);
        };
        for (const { member, leaves } of steps) {
          const client = clients.get(member) ?? new Client(group, `m${member}`);
          if (leaves === 0 && clients.delete(member)) client.leave();
          else {
            clients.set(member, client);
            client.beat();
          }
          check();
        }
        for (let round = 0; round < 10; round++) for (const client of clients.values()) client.beat();
        check();
        if (clients.size === 0) return;
        const shares = [...clients.values()].map((one) => one.partitions.length);
        expect(shares.reduce((sum, share) => sum + share, 0)).toBe(partitions);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
        expect(group.phase).toBe('Stable');
        group.close();
      }),
      { numRuns: 200 },
    );
  });

  test('new partitions of a topic are assigned at the next heartbeats', () => {
    const { catalog, group } = setUp(2);
    const client = new Client(group, 'm');
    client.beat();
    catalog.grow(catalog.named('t')!, 5);
    client.beat();
    expect(client.partitions).toEqual([0, 1, 2, 3, 4]);
  });

  test('a topic that comes to fit a regular expression is assigned', async () => {
    const { catalog, group } = setUp(1);
    const first = group.consumerHeartbeat(beat({ subscribedTopicRegex: await topicPattern('order.*') }));
    expect(first.assignment?.topicPartitions).toEqual([]);
    catalog.create('order.placed', 2);
    const second = group.consumerHeartbeat(beat({ memberEpoch: first.memberEpoch }));
    expect(second.assignment?.topicPartitions).toEqual([
      { topicId: catalog.named('order.placed')!.id, partitions: [0, 1] },
    ]);
  });

  test('one who comes in place of another gets what that one had, and the others go on undisturbed', () => {
    const { group } = setUp(4);
    const [first, second, third] = ['1', '2', '3'].map((memberId) => new Client(group, memberId));
    for (let round = 0; round < 3; round++) for (const client of [first!, second!]) client.beat();
    const before = [...second!.partitions];
    first!.leave();
    expect(group.phase).toBe('Assigning');
    third!.beat();
    expect(third!.partitions).toHaveLength(2);
    second!.beat();
    expect([second!.partitions, group.phase]).toEqual([before, 'Stable']);
  });

  test('an unknown member and a wrong epoch are refused', () => {
    const { group } = setUp(1);
    expect(group.consumerHeartbeat(beat({ memberEpoch: 3 })).errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    const { memberEpoch } = group.consumerHeartbeat(beat({ subscribedTopicNames: ['t'] }));
    expect(group.consumerHeartbeat(beat({ memberEpoch: memberEpoch + 1 })).errorCode).toBe(
      ErrorCode.FENCED_MEMBER_EPOCH,
    );
    expect(group.checkCommit('m', null, memberEpoch + 1)).toBe(ErrorCode.STALE_MEMBER_EPOCH);
    expect(group.checkCommit('m', null, memberEpoch)).toBe(ErrorCode.NONE);
  });

  test('a static member that comes back gets what it had, and two at once are refused', () => {
    const { group } = setUp(4);
    const join = (memberId: string) =>
      group.consumerHeartbeat(beat({ memberId, instanceId: 'i', subscribedTopicNames: ['t'] }));
    const before = join('one');
    expect(join('two').errorCode).toBe(ErrorCode.UNRELEASED_INSTANCE_ID);
    group.consumerHeartbeat(beat({ memberId: 'one', instanceId: 'i', memberEpoch: -2 }));
    const after = join('three');
    expect(after.assignment).toEqual(before.assignment);
    expect(group.members.size).toBe(1);
  });
});

test('uniform keeps what members have, range gives runs', () => {
  const topics = new Map([['t', 6]]);
  const member = (memberId: string, target: string[]) => ({
    memberId,
    topics: new Set(['t']),
    target: new Set(target),
  });
  const kept = uniform([member('a', ['t/1', 't/3']), member('b', ['t/0', 't/2', 't/4', 't/5'])], topics);
  expect([...kept.get('a')!].slice(0, 2)).toEqual(['t/1', 't/3']);
  expect([kept.get('a')!.size, kept.get('b')!.size]).toEqual([3, 3]);
  const runs = range([member('b', []), member('a', [])], topics);
  expect([...runs.get('a')!]).toEqual(['t/0', 't/1', 't/2']);
});
