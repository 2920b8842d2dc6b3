/**
 * Members of the classic protocol in a group of the new one, while its clients move from one to the other. They join, sync
 * and send heartbeats as ever, and nobody leads: the broker assigns. A generation is the member's own epoch; a heartbeat
 * says REBALANCE_IN_PROGRESS when joining again would bring the member closer to its target.
 */
import { randomUUID } from 'node:crypto';
import { ErrorCode } from '../errors.ts';
import type { JoinRequest, SyncRequest } from './classic-group.ts';
import type { ConsumerMember } from './consumer-member.ts';
import { readSubscription, writeAssignment, type Subscription } from './consumer-protocol.ts';
import { keysOf, partitionsOf } from './migration.ts';
import { copied, joinError, syncError, type JoinAnswer, type SyncAnswer } from './member.ts';
import { Reconciliation } from './reconciliation.ts';

export class ClassicMembers extends Reconciliation {
  join(request: JoinRequest): JoinAnswer {
    const refuse = (errorCode: number, memberId = request.memberId) => joinError(errorCode, memberId);
    const [first] = request.protocols;
    const subscription = first === undefined ? undefined : readSubscription(first.metadata);
    if (first === undefined || subscription === undefined || !this.fits(request))
      return refuse(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    const memberId = request.memberId || `${request.instanceId ?? request.clientId}-${randomUUID()}`;
    const mustComeBack = request.memberId === '' && request.instanceId === null && request.takesIdFirst;
    if (mustComeBack) return refuse(ErrorCode.MEMBER_ID_REQUIRED, memberId);
    const stranger = request.memberId === '' ? ErrorCode.NONE : this.staticError(memberId, request.instanceId);
    if (stranger !== ErrorCode.NONE) return refuse(stranger);
    const member = this.admit(memberId, { ...request, rackId: subscription.rackId });
    this.subscribe(member, request, subscription);
    this.retarget();
    this.reconcile(member, keysOf(subscription.owned, this.port.catalog));
    this.keepAlive(member);
    this.setDeadline(member);
    return {
      errorCode: ErrorCode.NONE,
      generationId: member.epoch,
      protocolType: this.protocolType,
      protocolName: first.name,
      leader: '',
      memberId,
      members: [],
    };
  }

  /** Whether it shares a protocol with all others of its kind. */
  private fits({ protocolType, protocols }: JoinRequest): boolean {
    const others = [...this.members.values()].flatMap((one) => one.classic ?? []);
    const isCommon = (name: string): boolean =>
      others.every((one) => one.protocols.some((protocol) => protocol.name === name));
    return protocolType === this.protocolType && protocols.some((one) => isCommon(one.name));
  }

  private subscribe(member: ConsumerMember, request: JoinRequest, subscription: Subscription): void {
    const { sessionTimeoutMs, protocols } = request;
    this.changeProtocol(member, { sessionTimeoutMs, protocols: copied(protocols), version: subscription.version });
    member.topicNames = [...subscription.topics].toSorted();
    member.topicRegex = null;
    member.assignor = null;
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs;
  }

  sync(request: SyncRequest): SyncAnswer {
    const { protocolType, protocolName } = request;
    const member = this.members.get(request.memberId);
    const refusal = this.memberError(request.memberId, request.instanceId, request.generationId);
    if (refusal !== ErrorCode.NONE || member?.classic === undefined) return syncError(refusal);
    const isOtherType = protocolType !== null && protocolType !== this.protocolType;
    const isOtherName = protocolName !== null && protocolName !== member.classic.protocols[0]?.name;
    if (isOtherType || isOtherName) return syncError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    if (member.epoch < this.epoch && member.revoking.size === 0) {
      this.setDeadline(member);
      return syncError(ErrorCode.REBALANCE_IN_PROGRESS);
    }
    this.metDeadline(member);
    this.keepAlive(member);
    const assignment = writeAssignment(member.classic.version, partitionsOf(member.assigned, this.port.catalog));
    return { errorCode: ErrorCode.NONE, protocolType, protocolName, assignment };
  }

  heartbeat(memberId: string, instanceId: string | null, generationId: number): number {
    const member = this.members.get(memberId);
    const refusal = this.memberError(memberId, instanceId, generationId);
    if (refusal !== ErrorCode.NONE || member === undefined) return refusal;
    this.keepAlive(member);
    if (!this.mustJoinAgain(member)) return ErrorCode.NONE;
    this.setDeadline(member);
    return ErrorCode.REBALANCE_IN_PROGRESS;
  }

  private memberError(memberId: string, instanceId: string | null, generationId: number): number {
    const refusal = this.staticError(memberId, instanceId);
    if (refusal !== ErrorCode.NONE) return refusal;
    const member = this.members.get(memberId);
    if (member?.classic === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    return generationId === member.epoch ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
  }

  /** It has another target, has partitions to give up, or may have all that others had to give up for it. */
  private mustJoinAgain(member: ConsumerMember): boolean {
    if (member.epoch < this.epoch || member.revoking.size > 0) return true;
    const lacking = [...member.target].filter((key) => !member.assigned.has(key));
    if (lacking.length === 0) return false;
    const taken = this.takenByOthers(member);
    return lacking.every((key) => !taken.has(key));
  }

  /** Takes over the members of a classic group, as they were at its last agreement. */
  adopt(generation: number, members: readonly ConsumerMember[]): void {
    this.epoch = generation;
    this.assignmentEpoch = generation;
    for (const member of members) {
      this.members.set(member.memberId, member);
      this.keepAlive(member);
    }
  }
}
