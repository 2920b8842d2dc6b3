/**
 * A group of the new protocol (KIP-848): no rounds in which all must gather. Members send heartbeats; the broker decides
 * who shall have what (the target), and brings each member there in its own time: first it gives up what it shall not
 * keep, then it gets what others have given up. A partition has one owner at any time.
 */
import { randomUUID } from 'node:crypto';
import type { Catalog } from '../catalog/catalog.ts';
import { ErrorCode } from '../errors.ts';
import { assignors, isAssignor, type AssignorName } from './assignors.ts';
import {
  byTopic,
  newMember,
  ownedIn,
  textOf,
  type ConsumerHeartbeat,
  type ConsumerHeartbeatAnswer,
  type ConsumerMember,
} from './consumer-member.ts';

export interface ConsumerGroupSettings {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

const LEAVE = -1;
const LEAVE_FOR_A_WHILE = -2;

export class ConsumerGroup {
  readonly kind = 'consumer';
  readonly protocolType = 'consumer';
  readonly groupId: string;
  readonly members = new Map<string, ConsumerMember>();
  epoch = 0;
  assignmentEpoch = 0;
  assignor: AssignorName = 'uniform';
  private readonly catalog: Catalog;
  private readonly settings: ConsumerGroupSettings;
  /** What the target was last computed from. */
  private basis = '';

  constructor(groupId: string, catalog: Catalog, settings: ConsumerGroupSettings) {
    this.groupId = groupId;
    this.catalog = catalog;
    this.settings = settings;
  }

  get phase(): 'Empty' | 'Reconciling' | 'Stable' {
    if (this.members.size === 0) return 'Empty';
    return [...this.members.values()].every((one) => this.hasArrived(one)) ? 'Stable' : 'Reconciling';
  }
  get isIdle(): boolean {
    return this.members.size === 0;
  }

  private hasArrived(member: ConsumerMember): boolean {
    return member.epoch === this.epoch && textOf(member.assigned) === textOf(member.target);
  }

  heartbeat(request: ConsumerHeartbeat): ConsumerHeartbeatAnswer {
    if (request.serverAssignor !== null && !isAssignor(request.serverAssignor))
      return this.refuse(ErrorCode.UNSUPPORTED_ASSIGNOR, `Assignors are ${Object.keys(assignors).join(', ')}`);
    if (request.memberEpoch === LEAVE || request.memberEpoch === LEAVE_FOR_A_WHILE) return this.signOff(request);
    const member = request.memberEpoch === 0 ? this.join(request) : this.known(request);
    if (typeof member === 'number') return this.refuse(member, null);
    this.update(member, request);
    this.retarget();
    this.reconcile(member);
    this.keepAlive(member);
    return this.answer(member, request);
  }

  private refuse(errorCode: number, errorMessage: string | null): ConsumerHeartbeatAnswer {
    return { errorCode, errorMessage, memberId: null, memberEpoch: 0, heartbeatIntervalMs: 0, assignment: null };
  }

  private join(request: ConsumerHeartbeat): ConsumerMember | number {
    const memberId = request.memberId === '' ? randomUUID() : request.memberId;
    const before = this.members.get(memberId);
    if (before !== undefined) return before;
    const predecessor = request.instanceId === null ? undefined : this.withInstance(request.instanceId);
    if (predecessor !== undefined && predecessor.epoch !== LEAVE_FOR_A_WHILE) return ErrorCode.UNRELEASED_INSTANCE_ID;
    if (request.subscribedTopicNames === null && request.subscribedTopicRegex === null)
      return ErrorCode.INVALID_REQUEST;
    const member = newMember(memberId, request, predecessor);
    if (predecessor !== undefined) this.drop(predecessor);
    this.members.set(memberId, member);
    return member;
  }

  private withInstance(instanceId: string): ConsumerMember | undefined {
    return [...this.members.values()].find((one) => one.instanceId === instanceId);
  }

  /** The member, if its epoch is right: the present one, or the one before if the last answer may have been lost. */
  private known(request: ConsumerHeartbeat): ConsumerMember | number {
    const member = this.members.get(request.memberId);
    if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    const isLate = request.memberEpoch === member.previousEpoch && this.ownsOnlyAssigned(member, request);
    return request.memberEpoch === member.epoch || isLate ? member : ErrorCode.FENCED_MEMBER_EPOCH;
  }

  private ownsOnlyAssigned(member: ConsumerMember, request: ConsumerHeartbeat): boolean {
    return [...(ownedIn(request) ?? [])].every((key) => member.assigned.has(key));
  }

  private update(member: ConsumerMember, request: ConsumerHeartbeat): void {
    if (request.subscribedTopicNames !== null) member.topicNames = [...request.subscribedTopicNames].toSorted();
    const regex = request.subscribedTopicRegex;
    if (regex !== null && regex.text !== member.topicRegex?.text) member.topicRegex = regex.text === '' ? null : regex;
    if (request.serverAssignor !== null) member.assignor = request.serverAssignor;
    if (request.rebalanceTimeoutMs > 0) member.rebalanceTimeoutMs = request.rebalanceTimeoutMs;
    const owned = ownedIn(request);
    if (owned !== undefined && [...member.revoking].every((key) => !owned.has(key))) this.released(member);
  }

  private released(member: ConsumerMember): void {
    member.revoking.clear();
    clearTimeout(member.revocation);
    member.revocation = undefined;
  }

  private topicsOf(member: ConsumerMember): Set<string> {
    const ids = new Set(member.topicNames.flatMap((name) => this.catalog.named(name)?.id ?? []));
    if (member.topicRegex === null) return ids;
    for (const topic of this.catalog.all()) if (member.topicRegex.includes(topic)) ids.add(topic.id);
    return ids;
  }

  /** Computes the target anew if members, what they want, or the topics have changed. */
  private retarget(): void {
    const members = [...this.members.values()].map((one) => ({ member: one, topics: this.topicsOf(one) }));
    const topicIds = [...new Set(members.flatMap(({ topics }) => [...topics]))].toSorted();
    const sizes = new Map(topicIds.map((id) => [id, this.catalog.withId(id)?.logs.length ?? 0]));
    const wishes = members.map(({ member, topics }) => `${member.memberId}:${textOf(topics)}:${member.assignor ?? ''}`);
    const basis = `${wishes.join(';')}|${[...sizes].join(';')}`;
    if (basis === this.basis) return;
    this.basis = basis;
    this.epoch++;
    this.assignor = this.electAssignor();
    const plain = members.map(({ member, topics }) => ({ memberId: member.memberId, topics, target: member.target }));
    const targets = assignors[this.assignor](plain, sizes);
    for (const { member } of members) member.target = targets.get(member.memberId)!;
    this.assignmentEpoch = this.epoch;
  }

  private electAssignor(): AssignorName {
    const names = [...this.members.values()].flatMap(({ assignor }) =>
      assignor !== null && isAssignor(assignor) ? [assignor] : [],
    );
    return names.filter((name) => name === 'range').length > names.length / 2 ? 'range' : 'uniform';
  }

  /** Brings a member one step closer to its target. */
  private reconcile(member: ConsumerMember): void {
    if (member.revoking.size > 0) return;
    const leaving = [...member.assigned].filter((key) => !member.target.has(key));
    if (leaving.length > 0) {
      for (const key of leaving) member.assigned.delete(key);
      member.revoking = new Set(leaving);
      // A member that has never been told of them (a new incarnation) has nothing to give up.
      if (member.epoch > 0) {
        member.revocation = setTimeout(() => this.remove(member), member.rebalanceTimeoutMs);
        return;
      }
      member.revoking.clear();
    }
    const taken = this.takenByOthers(member);
    for (const key of member.target) if (!taken.has(key)) member.assigned.add(key);
    if (member.epoch === this.epoch) return;
    member.previousEpoch = member.epoch;
    member.epoch = this.epoch;
  }

  private takenByOthers(member: ConsumerMember): Set<string> {
    const others = [...this.members.values()].filter((one) => one !== member);
    return new Set(others.flatMap((one) => [...one.assigned, ...one.revoking]));
  }

  private answer(member: ConsumerMember, request: ConsumerHeartbeat): ConsumerHeartbeatAnswer {
    const isFull =
      request.memberEpoch === 0 || (request.subscribedTopicNames !== null && request.topicPartitions !== null);
    const now = textOf(member.assigned);
    const mustTell = isFull || now !== member.told;
    member.told = now;
    return {
      errorCode: ErrorCode.NONE,
      memberId: member.memberId,
      memberEpoch: member.epoch,
      heartbeatIntervalMs: this.settings.heartbeatIntervalMs,
      assignment: mustTell ? { topicPartitions: byTopic(member.assigned) } : null,
    };
  }

  private signOff(request: ConsumerHeartbeat): ConsumerHeartbeatAnswer {
    const member = this.members.get(request.memberId);
    if (member === undefined) return this.refuse(ErrorCode.UNKNOWN_MEMBER_ID, null);
    if (request.memberEpoch === LEAVE_FOR_A_WHILE && member.instanceId !== null) {
      member.epoch = LEAVE_FOR_A_WHILE;
      this.released(member);
      this.keepAlive(member);
    } else this.remove(member);
    const { memberId, memberEpoch } = request;
    return { errorCode: ErrorCode.NONE, memberId, memberEpoch, heartbeatIntervalMs: 0, assignment: null };
  }

  /** Removes a member by its id or, as administrators do, by its instance id alone. */
  leave(memberId: string, instanceId: string | null): number {
    const member = instanceId === null ? this.members.get(memberId) : this.withInstance(instanceId);
    if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    if (memberId !== '' && memberId !== member.memberId) return ErrorCode.FENCED_INSTANCE_ID;
    this.remove(member);
    return ErrorCode.NONE;
  }

  private keepAlive(member: ConsumerMember): void {
    if (member.session === undefined)
      member.session = setTimeout(() => this.remove(member), this.settings.sessionTimeoutMs);
    else member.session.refresh();
  }

  private drop(member: ConsumerMember): void {
    clearTimeout(member.session);
    clearTimeout(member.revocation);
    this.members.delete(member.memberId);
  }

  private remove(member: ConsumerMember): void {
    this.drop(member);
    this.retarget();
  }

  /** Whether offsets may be committed in the name of this member and epoch. */
  checkCommit(memberId: string, _instanceId: string | null, memberEpoch: number): number {
    if (memberEpoch < 0 && this.members.size === 0) return ErrorCode.NONE;
    const member = this.members.get(memberId);
    if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    return memberEpoch === member.epoch ? ErrorCode.NONE : ErrorCode.STALE_MEMBER_EPOCH;
  }

  topicNames(): Set<string> {
    const ids = [...this.members.values()].flatMap((one) => [...this.topicsOf(one)]);
    return new Set(ids.flatMap((id) => this.catalog.withId(id)?.name ?? []));
  }

  close(): void {
    for (const member of this.members.values()) {
      clearTimeout(member.session);
      clearTimeout(member.revocation);
    }
  }
}
