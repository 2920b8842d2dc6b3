/**
 * A consumer group of the classic protocol, as its members' requests see it: they join, the leader assigns, all sync, and
 * heartbeats keep it so. How the group comes to agree is in `rebalance.ts`.
 * Semantics are those of Kafka's group coordinator (KIP-134 initial delay, KIP-345 static members, KIP-394 ids first,
 * KIP-429 cooperative rebalancing, which needs nothing more from a broker).
 */
import { randomUUID } from 'node:crypto';
import { ErrorCode } from '../errors.ts';
import type { MemberClaim, StoredGroup } from './group-state.ts';
import {
  copied,
  joinError,
  Member,
  syncError,
  type JoinAnswer,
  type MemberIdentity,
  type Protocol,
  type SyncAnswer,
} from './member.ts';
import { Rebalance, type Assignment } from './rebalance.ts';

export interface JoinRequest extends MemberIdentity {
  readonly protocolType: string;
  readonly protocols: readonly Protocol[];
  /** The client knows MEMBER_ID_REQUIRED (JoinGroup from version 4 on). */
  readonly takesIdFirst: boolean;
  /** The client knows how to skip the assignment (JoinGroup from version 9 on). */
  readonly skipsAssignment: boolean;
}

export interface SyncRequest extends MemberClaim {
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignments: readonly Assignment[];
}

export class ClassicGroup extends Rebalance {
  join(request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    if (!this.fits(request)) return joinError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, request.memberId);
    if (request.memberId === '') return this.joinNew(request);
    if (this.pending.has(request.memberId)) return this.admit(request, request.memberId);
    const member = this.members.get(request.memberId);
    const refusal = this.identityError(member, request.memberId, request.instanceId);
    if (refusal !== ErrorCode.NONE || member === undefined) return joinError(refusal, request.memberId);
    return this.rejoin(member, request);
  }

  private fits(request: JoinRequest): boolean {
    if (request.protocols.length === 0 || request.protocolType === '') return false;
    if (this.members.size === 0) return true;
    const common = this.commonProtocols();
    return this.protocolType === request.protocolType && request.protocols.some((one) => common.has(one.name));
  }

  private joinNew(request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    const memberId = `${request.instanceId ?? request.clientId}-${randomUUID()}`;
    if (request.instanceId !== null) {
      const known = this.withInstance(request.instanceId);
      return known === undefined ? this.admit(request, memberId) : this.replace(known, request, memberId);
    }
    if (!request.takesIdFirst) return this.admit(request, memberId);
    const timer = setTimeout(() => this.dropPending(memberId), request.sessionTimeoutMs);
    this.pending.set(memberId, timer);
    return joinError(ErrorCode.MEMBER_ID_REQUIRED, memberId);
  }

  private dropPending(memberId: string): void {
    clearTimeout(this.pending.get(memberId));
    if (this.pending.delete(memberId)) this.completeIfAllJoined();
  }

  private admit(request: JoinRequest, memberId: string): Promise<JoinAnswer> {
    clearTimeout(this.pending.get(memberId));
    this.pending.delete(memberId);
    const member = new Member({ ...request, memberId }, copied(request.protocols));
    if (this.members.size === 0) this.protocolType = request.protocolType;
    this.members.set(memberId, member);
    if (this.leader === '' || !this.members.has(this.leader)) this.leader = memberId;
    return this.waitForRebalance(member);
  }

  /** A static member has come back under its old name: the new incarnation takes its place. */
  private replace(old: Member, request: JoinRequest, memberId: string): JoinAnswer | Promise<JoinAnswer> {
    const member = new Member({ ...request, memberId }, copied(request.protocols));
    member.assignment = old.assignment;
    old.answerJoin(joinError(ErrorCode.FENCED_INSTANCE_ID, old.memberId));
    old.answerSync(syncError(ErrorCode.FENCED_INSTANCE_ID));
    old.gone();
    const wasLeader = this.leader === old.memberId;
    this.members.delete(old.memberId);
    this.members.set(memberId, member);
    if (wasLeader) this.leader = memberId;
    if (this.phase !== 'Stable' || !old.hasSameProtocols(member.protocols)) return this.waitForRebalance(member);
    this.keepAlive(member);
    this.port.save(this);
    const answer = this.joinAnswer(member);
    if (!wasLeader) return answer;
    // A leader that cannot be told to skip the assignment must not assign anew: it is told the old leader leads.
    return request.skipsAssignment
      ? { ...answer, skipAssignment: true }
      : { ...answer, leader: old.memberId, members: [] };
  }

  private rejoin(member: Member, request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    const isChanged = !member.hasSameProtocols(request.protocols);
    const mayStay =
      !isChanged &&
      (this.phase === 'CompletingRebalance' || (this.phase === 'Stable' && member.memberId !== this.leader));
    if (mayStay) {
      this.keepAlive(member);
      return this.joinAnswer(member);
    }
    member.protocols = copied(request.protocols);
    member.sessionTimeoutMs = request.sessionTimeoutMs;
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs;
    return this.waitForRebalance(member);
  }

  sync(request: SyncRequest): SyncAnswer | Promise<SyncAnswer> {
    const member = this.members.get(request.memberId);
    const refusal = this.memberError(member, request);
    if (refusal !== ErrorCode.NONE || member === undefined) return syncError(refusal);
    if (isOther(request.protocolType, this.protocolType) || isOther(request.protocolName, this.protocol))
      return syncError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    if (this.phase === 'PreparingRebalance') return syncError(ErrorCode.REBALANCE_IN_PROGRESS);
    this.keepAlive(member);
    this.unsynced.delete(member);
    if (this.phase === 'Stable') return this.syncAnswer(member);
    const answer = member.awaitSync(syncError(ErrorCode.UNKNOWN_MEMBER_ID));
    if (member.memberId === this.leader) this.assign(request.assignments);
    return answer;
  }

  heartbeat(memberId: string, instanceId: string | null, generationId: number): number {
    const member = this.members.get(memberId);
    const refusal = this.memberError(member, { memberId, instanceId, generationId });
    if (refusal !== ErrorCode.NONE || member === undefined) return refusal;
    this.keepAlive(member);
    return this.phase === 'PreparingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
  }

  leave(memberId: string, instanceId: string | null): number {
    if (this.pending.has(memberId)) {
      this.dropPending(memberId);
      return ErrorCode.NONE;
    }
    const member = memberId === '' && instanceId !== null ? this.withInstance(instanceId) : this.members.get(memberId);
    const refusal = this.identityError(member, memberId === '' ? (member?.memberId ?? '') : memberId, instanceId);
    if (refusal !== ErrorCode.NONE || member === undefined) return refusal;
    this.remove(member);
    return ErrorCode.NONE;
  }

  /** Whether offsets may be committed in the name of this member and generation. */
  checkCommit(memberId: string, instanceId: string | null, generationId: number): number {
    if (generationId < 0 && this.members.size === 0) return ErrorCode.NONE;
    const member = this.members.get(memberId);
    const refusal = this.memberError(member, { memberId, instanceId, generationId });
    if (refusal !== ErrorCode.NONE || member === undefined) return refusal;
    this.keepAlive(member);
    return this.phase === 'CompletingRebalance' ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
  }

  /** Takes over what the group had agreed on before the broker stopped; its members have a session's time to show up. */
  restore(stored: StoredGroup): void {
    this.protocolType = stored.protocolType;
    this.protocol = stored.protocol === '' ? null : stored.protocol;
    this.generation = stored.generation;
    this.leader = stored.leader;
    this.phase = stored.members.length === 0 ? 'Empty' : 'Stable';
    for (const one of stored.members) {
      const protocols = [{ name: stored.protocol, metadata: Buffer.from(one.metadata, 'base64') }];
      const member = new Member(one, protocols);
      member.assignment = Buffer.from(one.assignment, 'base64');
      this.members.set(member.memberId, member);
      this.keepAlive(member);
    }
  }

  /** Takes over the members of a group of the new protocol. They had one assignment; now they gather for their own. */
  adopt(generation: number, members: readonly Member[]): void {
    this.protocolType = 'consumer';
    this.generation = generation;
    for (const member of members) {
      this.members.set(member.memberId, member);
      this.keepAlive(member);
    }
    this.protocol = this.elect();
    this.phase = 'Stable';
    this.prepareRebalance();
  }

  /** Stops all timers and sends everybody away. */
  close(errorCode: number): void {
    clearTimeout(this.rebalanceTimer);
    clearTimeout(this.syncTimer);
    for (const timer of this.pending.values()) clearTimeout(timer);
    for (const member of this.members.values()) {
      member.gone();
      member.answerJoin(joinError(errorCode, member.memberId));
      member.answerSync(syncError(errorCode));
    }
    this.phase = 'Dead';
  }
}

const isOther = (given: string | null, own: string | null): boolean => given !== null && given !== own;
