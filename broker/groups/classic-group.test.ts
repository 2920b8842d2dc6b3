import { afterEach, describe, expect, test } from 'vitest';
import { ErrorCode } from '../errors.ts';
import { ClassicGroup, type JoinRequest } from './classic-group.ts';
import type { StoredGroup } from './group-state.ts';

const groups: ClassicGroup[] = [];
afterEach(() => {
  for (const group of groups.splice(0)) group.close(ErrorCode.NOT_COORDINATOR);
});

const newGroup = (): { group: ClassicGroup; saved: StoredGroup[] } => {
  const saved: StoredGroup[] = [];
  const group = new ClassicGroup('g', { initialDelayMs: 1, save: (one) => void saved.push(one.toStored()) });
  groups.push(group);
  return { group, saved };
};

const request = (change: Partial<JoinRequest> = {}): JoinRequest => ({
  memberId: '',
  instanceId: null,
  clientId: 'c',
  clientHost: '/127.0.0.1',
  sessionTimeoutMs: 30_000,
  rebalanceTimeoutMs: 30_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.from('m') }],
  takesIdFirst: false,
  skipsAssignment: true,
  ...change,
});

const syncAs = (group: ClassicGroup, memberId: string, assignments: { memberId: string; assignment: Buffer }[] = []) =>
  group.sync({
    memberId,
    instanceId: null,
    generationId: group.generation,
    protocolType: null,
    protocolName: null,
    assignments,
  });

describe('a classic group', () => {
  test('the first to join leads, hands in the assignment, and all get their part', async () => {
    const { group } = newGroup();
    const [one, two] = await Promise.all([group.join(request()), group.join(request())]);
    expect([one.leader, two.leader]).toEqual([one.memberId, one.memberId]);
    expect([one.members.length, two.members.length]).toEqual([2, 0]);
    const waiting = syncAs(group, two.memberId);
    const assignments = [one, two].map((member, at) => ({
      memberId: member.memberId,
      assignment: Buffer.from(`${at}`),
    }));
    expect(String((await syncAs(group, one.memberId, assignments)).assignment)).toBe('0');
    expect(String((await waiting).assignment)).toBe('1');
    expect(group.phase).toBe('Stable');
  });

  test('a member that must have an id first is given one, and is in the group only when it has come back', async () => {
    const { group } = newGroup();
    const first = await group.join(request({ takesIdFirst: true }));
    expect(first.errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED);
    expect(group.members.size).toBe(0);
    const second = await group.join(request({ takesIdFirst: true, memberId: first.memberId }));
    expect([second.errorCode, second.memberId]).toEqual([ErrorCode.NONE, first.memberId]);
  });

  test('a static member that comes back keeps its assignment, nobody rebalances, and its former self is fenced', async () => {
    const { group } = newGroup();
    const before = await group.join(request({ instanceId: 'i' }));
    await syncAs(group, before.memberId, [{ memberId: before.memberId, assignment: Buffer.from('mine') }]);
    const { generation } = group;
    const after = await group.join(request({ instanceId: 'i' }));
    expect([after.generationId, after.skipAssignment]).toEqual([generation, true]);
    expect(after.memberId).not.toBe(before.memberId);
    expect(String((await syncAs(group, after.memberId)).assignment)).toBe('mine');
    expect(group.heartbeat(before.memberId, 'i', generation)).toBe(ErrorCode.FENCED_INSTANCE_ID);
    expect(group.heartbeat(after.memberId, 'i', generation)).toBe(ErrorCode.NONE);
  });

  test('who joins later makes the others join again, and who does not is left behind', async () => {
    const { group } = newGroup();
    const one = await group.join(request({ rebalanceTimeoutMs: 50 }));
    await syncAs(group, one.memberId, []);
    const two = group.join(request({ rebalanceTimeoutMs: 50 }));
    expect(group.heartbeat(one.memberId, null, group.generation)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    expect((await two).members.length).toBe(1);
    expect(group.heartbeat(one.memberId, null, group.generation)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test('a member that is not heard of is let go', async () => {
    const { group } = newGroup();
    const one = await group.join(request({ sessionTimeoutMs: 20 }));
    await syncAs(group, one.memberId, []);
    await expect.poll(() => group.phase).toBe('Empty');
  });

  test('a leader that sends heartbeats and never assigns is let go, and the others go on without it', async () => {
    const { group } = newGroup();
    const [one, two] = await Promise.all([
      group.join(request({ rebalanceTimeoutMs: 50 })),
      group.join(request({ rebalanceTimeoutMs: 50 })),
    ]);
    const sent = await syncAs(group, two.memberId);
    expect(sent.errorCode).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
    expect(group.heartbeat(one.memberId, null, group.generation)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    const again = await group.join(request({ memberId: two.memberId, rebalanceTimeoutMs: 50 }));
    expect([again.leader, again.members.length]).toEqual([two.memberId, 1]);
    expect((await syncAs(group, two.memberId)).errorCode).toBe(ErrorCode.NONE);
  });

  test('a member that never asks for its part is let go although the others work', async () => {
    const { group } = newGroup();
    const [one, two] = await Promise.all([
      group.join(request({ rebalanceTimeoutMs: 50 })),
      group.join(request({ rebalanceTimeoutMs: 50 })),
    ]);
    await syncAs(group, one.memberId);
    expect(group.phase).toBe('Stable');
    await expect.poll(() => group.members.has(two.memberId)).toBe(false);
    expect(group.heartbeat(one.memberId, null, group.generation)).toBe(ErrorCode.REBALANCE_IN_PROGRESS);
  });

  test('a protocol that the others do not know, a wrong generation and an unknown member are refused', async () => {
    const { group } = newGroup();
    const one = await group.join(request());
    const other = await group.join(request({ protocols: [{ name: 'sticky', metadata: Buffer.alloc(0) }] }));
    expect(other.errorCode).toBe(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    expect(group.heartbeat(one.memberId, null, 99)).toBe(ErrorCode.ILLEGAL_GENERATION);
    expect(group.heartbeat('nobody', null, 1)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
    expect(group.checkCommit('', null, -1)).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
  });

  test('what was agreed on survives a restart of the broker: members go on without joining again', async () => {
    const { group, saved } = newGroup();
    const one = await group.join(request());
    await syncAs(group, one.memberId, [{ memberId: one.memberId, assignment: Buffer.from('mine') }]);
    const again = newGroup().group;
    again.restore(saved.at(-1)!);
    expect(again.heartbeat(one.memberId, null, group.generation)).toBe(ErrorCode.NONE);
    expect(String((await syncAs(again, one.memberId)).assignment)).toBe('mine');
  });
});
