/**
 * A group of the new protocol (KIP-848), as its members' requests see it: no rounds in which all must gather. Members send
 * heartbeats, and hear what they may work on. How the group comes to agree is in `reconciliation.ts`.
 */
import { randomUUID } from 'node:crypto';
import { ErrorCode } from '../errors.ts';
import { ClassicMembers } from './classic-members.ts';
import {
  byTopic,
  LEAVE,
  LEAVE_FOR_A_WHILE,
  ownedIn,
  textOf,
  type ConsumerHeartbeat,
  type ConsumerHeartbeatAnswer,
  type ConsumerMember,
} from './consumer-member.ts';

export class ConsumerGroup extends ClassicMembers {
  consumerHeartbeat(request: ConsumerHeartbeat): ConsumerHeartbeatAnswer {
    if (request.memberEpoch === LEAVE || request.memberEpoch === LEAVE_FOR_A_WHILE) return this.signOff(request);
    const member = request.memberEpoch === 0 ? this.enter(request) : this.known(request);
    if (typeof member === 'number') return this.refuse(member);
    this.update(member, request);
    this.retarget();
    this.reconcile(member, ownedIn(request));
    this.keepAlive(member);
    return this.answer(member, request);
  }

  private refuse(errorCode: number): ConsumerHeartbeatAnswer {
    return { errorCode, memberId: null, memberEpoch: 0, heartbeatIntervalMs: 0, assignment: null };
  }

  private enter(request: ConsumerHeartbeat): ConsumerMember | number {
    const memberId = request.memberId === '' ? randomUUID() : request.memberId;
    const holder = request.instanceId === null ? undefined : this.withInstance(request.instanceId);
    const isHeld =
      holder !== undefined &&
      holder.memberId !== memberId &&
      holder.epoch !== LEAVE_FOR_A_WHILE &&
      holder.classic === undefined;
    return isHeld ? ErrorCode.UNRELEASED_INSTANCE_ID : this.admit(memberId, request);
  }

  /** The member, if its epoch is right: the present one, or the one before if the last answer may have been lost. */
  private known(request: ConsumerHeartbeat): ConsumerMember | number {
    const refusal = this.staticError(request.memberId, request.instanceId);
    if (refusal !== ErrorCode.NONE) return refusal;
    const member = this.members.get(request.memberId);
    if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    const isLate = request.memberEpoch === member.previousEpoch && this.ownsOnlyAssigned(member, request);
    return request.memberEpoch === member.epoch || isLate ? member : ErrorCode.FENCED_MEMBER_EPOCH;
  }

  private ownsOnlyAssigned(member: ConsumerMember, request: ConsumerHeartbeat): boolean {
    return [...(ownedIn(request) ?? [])].every((key) => member.assigned.has(key));
  }

  private update(member: ConsumerMember, request: ConsumerHeartbeat): void {
    if (member.classic !== undefined) this.changeProtocol(member, undefined);
    if (request.subscribedTopicNames !== null) member.topicNames = [...request.subscribedTopicNames].toSorted();
    const regex = request.subscribedTopicRegex;
    if (regex !== null && regex.text !== member.topicRegex?.text) member.topicRegex = regex.text === '' ? null : regex;
    if (request.serverAssignor !== null) member.assignor = request.serverAssignor;
    if (request.rebalanceTimeoutMs > 0) member.rebalanceTimeoutMs = request.rebalanceTimeoutMs;
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
      heartbeatIntervalMs: this.port.settings.heartbeatIntervalMs,
      assignment: mustTell ? { topicPartitions: byTopic(member.assigned) } : null,
    };
  }

  private signOff(request: ConsumerHeartbeat): ConsumerHeartbeatAnswer {
    const { memberId, instanceId, memberEpoch } = request;
    const refusal = this.staticError(memberId, instanceId);
    if (refusal !== ErrorCode.NONE) return this.refuse(refusal);
    const member = this.members.get(memberId);
    if (member === undefined) return this.refuse(ErrorCode.UNKNOWN_MEMBER_ID);
    if (memberEpoch === LEAVE_FOR_A_WHILE && member.instanceId !== null) this.leaveForAWhile(member);
    else this.remove(member);
    return { errorCode: ErrorCode.NONE, memberId, memberEpoch, heartbeatIntervalMs: 0, assignment: null };
  }

  /** Whether offsets may be committed in the name of this member and epoch. */
  checkCommit(memberId: string, _instanceId: string | null, memberEpoch: number): number {
    if (memberEpoch < 0 && this.members.size === 0) return ErrorCode.NONE;
    const member = this.members.get(memberId);
    if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    if (memberEpoch === member.epoch) return ErrorCode.NONE;
    return member.classic === undefined ? ErrorCode.STALE_MEMBER_EPOCH : ErrorCode.ILLEGAL_GENERATION;
  }
}
