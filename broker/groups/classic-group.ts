/**
 * A consumer group of the classic protocol: members join, the leader assigns, all sync, and heartbeats keep it so.
 * Semantics are those of Kafka's group coordinator (KIP-134 initial delay, KIP-345 static members, KIP-394 ids first,
 * KIP-429 cooperative rebalancing, which needs nothing more from a broker).
 */
import { randomUUID } from 'node:crypto';
import { ErrorCode } from '../errors.ts';
import { Member, NO_BYTES, type JoinAnswer, type MemberIdentity, type Protocol, type SyncAnswer } from './member.ts';

export type GroupPhase = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

export interface JoinRequest extends MemberIdentity {
  readonly protocolType: string;
  readonly protocols: readonly Protocol[];
  /** The client knows MEMBER_ID_REQUIRED (JoinGroup from version 4 on). */
  readonly takesIdFirst: boolean;
  /** The client knows how to skip the assignment (JoinGroup from version 9 on). */
  readonly skipsAssignment: boolean;
}

export interface SyncRequest {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly generationId: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignments: readonly { memberId: string; assignment: Buffer }[];
}

export interface StoredGroup {
  readonly protocolType: string;
  readonly protocol: string;
  readonly generation: number;
  readonly leader: string;
  readonly members: readonly (MemberIdentity & { metadata: string; assignment: string })[];
}

export interface GroupPort {
  readonly initialDelayMs: number;
  /** Makes what the members have agreed on durable. */
  save(group: ClassicGroup): void;
}

export class ClassicGroup {
  readonly kind = 'classic';
  readonly groupId: string;
  private readonly port: GroupPort;
  phase: GroupPhase = 'Empty';
  protocolType = '';
  protocol: string | null = null;
  generation = 0;
  leader = '';
  readonly members = new Map<string, Member>();
  /** Ids that were given out and have not come back to join yet. */
  private readonly pending = new Map<string, NodeJS.Timeout>();
  private rebalanceTimer: NodeJS.Timeout | undefined;

  constructor(groupId: string, port: GroupPort) {
    this.groupId = groupId;
    this.port = port;
  }

  /** Nobody is in it or about to join. */
  get isIdle(): boolean {
    return this.members.size === 0 && this.pending.size === 0;
  }

  join(request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    if (!this.fits(request)) return this.joinError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL, request.memberId);
    if (request.memberId === '') return this.joinNew(request);
    if (this.pending.has(request.memberId)) return this.admit(request, request.memberId);
    const member = this.members.get(request.memberId);
    const refusal = this.identityError(member, request.memberId, request.instanceId);
    if (refusal !== ErrorCode.NONE || member === undefined) return this.joinError(refusal, request.memberId);
    return this.rejoin(member, request);
  }

  private fits(request: JoinRequest): boolean {
    if (request.protocols.length === 0 || request.protocolType === '') return false;
    if (this.members.size === 0) return true;
    const common = this.commonProtocols();
    return this.protocolType === request.protocolType && request.protocols.some((one) => common.has(one.name));
  }

  private commonProtocols(): Set<string> {
    const [first, ...others] = [...this.members.values()].map((one) => new Set(one.protocols.map((p) => p.name)));
    return new Set([...(first ?? [])].filter((name) => others.every((names) => names.has(name))));
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
    return this.joinError(ErrorCode.MEMBER_ID_REQUIRED, memberId);
  }

  private withInstance(instanceId: string): Member | undefined {
    return [...this.members.values()].find((one) => one.instanceId === instanceId);
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
    old.answerJoin(this.joinError(ErrorCode.FENCED_INSTANCE_ID, old.memberId));
    old.answerSync(this.syncError(ErrorCode.FENCED_INSTANCE_ID));
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

  private waitForRebalance(member: Member): Promise<JoinAnswer> {
    const answer = member.awaitJoin(this.joinError(ErrorCode.UNKNOWN_MEMBER_ID, member.memberId));
    this.keepAlive(member);
    this.prepareRebalance();
    this.completeIfAllJoined();
    return answer;
  }

  private prepareRebalance(): void {
    if (this.phase === 'PreparingRebalance') return;
    for (const member of this.members.values()) {
      member.answerSync(this.syncError(ErrorCode.REBALANCE_IN_PROGRESS));
    }
    const isFirst = this.phase === 'Empty';
    this.phase = 'PreparingRebalance';
    clearTimeout(this.rebalanceTimer);
    if (isFirst) this.delayFirst();
    else this.rebalanceTimer = setTimeout(() => this.completeJoin(), this.rebalanceTimeoutMs);
  }

  private get rebalanceTimeoutMs(): number {
    return Math.max(0, ...[...this.members.values()].map((one) => one.rebalanceTimeoutMs));
  }

  /** The first rebalance waits a moment, and again as long as more members come, so that a start makes one of it. */
  private delayFirst(): void {
    const endMs = performance.now() + this.rebalanceTimeoutMs;
    const wait = (sizeBefore: number): void => {
      this.rebalanceTimer = setTimeout(() => {
        this.rebalanceTimer = undefined;
        const hasGrown = this.members.size > sizeBefore;
        if (hasGrown && performance.now() < endMs) wait(this.members.size);
        else this.completeIfAllJoined(true);
      }, this.port.initialDelayMs);
    };
    this.isFirstWait = true;
    wait(this.members.size);
  }
  private isFirstWait = false;

  private completeIfAllJoined(firstWaitIsOver = false): void {
    if (this.phase !== 'PreparingRebalance' || (this.isFirstWait && !firstWaitIsOver)) return;
    this.isFirstWait = false;
    const allJoined = [...this.members.values()].every((one) => one.isJoining);
    if (allJoined && this.pending.size === 0) this.completeJoin();
    else this.rebalanceTimer ??= setTimeout(() => this.completeJoin(), this.rebalanceTimeoutMs);
  }

  private completeJoin(): void {
    clearTimeout(this.rebalanceTimer);
    this.rebalanceTimer = undefined;
    for (const member of this.members.values()) {
      if (!member.isJoining && member.instanceId === null) this.drop(member);
    }
    this.generation++;
    if (this.members.size === 0) {
      this.becomeEmpty();
      return;
    }
    if (!this.members.get(this.leader)?.isJoining)
      this.leader = [...this.members.values()].find((one) => one.isJoining)?.memberId ?? this.leader;
    this.protocol = this.elect();
    this.phase = 'CompletingRebalance';
    for (const member of this.members.values()) {
      if (member.isJoining) member.answerJoin(this.joinAnswer(member));
      this.keepAlive(member);
    }
  }

  /** The protocol that most members like best among those that all know. */
  private elect(): string {
    const common = this.commonProtocols();
    const votes = new Map<string, number>();
    for (const member of this.members.values()) {
      const choice = member.protocols.find((one) => common.has(one.name));
      if (choice !== undefined) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
    }
    return [...votes].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? '';
  }

  private becomeEmpty(): void {
    this.phase = 'Empty';
    this.protocol = null;
    this.leader = '';
    this.port.save(this);
  }

  sync(request: SyncRequest): SyncAnswer | Promise<SyncAnswer> {
    const member = this.members.get(request.memberId);
    const refusal = this.memberError(member, request);
    if (refusal !== ErrorCode.NONE || member === undefined) return this.syncError(refusal);
    if (isOther(request.protocolType, this.protocolType) || isOther(request.protocolName, this.protocol))
      return this.syncError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    if (this.phase === 'PreparingRebalance') return this.syncError(ErrorCode.REBALANCE_IN_PROGRESS);
    this.keepAlive(member);
    if (this.phase === 'Stable') return this.syncAnswer(member);
    const answer = member.awaitSync(this.syncError(ErrorCode.UNKNOWN_MEMBER_ID));
    if (member.memberId === this.leader) this.assign(request.assignments);
    return answer;
  }

  private assign(assignments: SyncRequest['assignments']): void {
    for (const member of this.members.values()) member.assignment = NO_BYTES;
    for (const { memberId, assignment } of assignments) {
      const member = this.members.get(memberId);
      if (member !== undefined) member.assignment = Buffer.from(assignment);
    }
    this.phase = 'Stable';
    this.port.save(this);
    for (const member of this.members.values()) {
      member.answerSync(this.syncAnswer(member));
      this.keepAlive(member);
    }
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

  private identityError(member: Member | undefined, memberId: string, instanceId: string | null): number {
    if (instanceId !== null) {
      const known = this.withInstance(instanceId);
      if (known !== undefined && known.memberId !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
    }
    return member === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : ErrorCode.NONE;
  }

  private memberError(
    member: Member | undefined,
    claim: { memberId: string; instanceId: string | null; generationId: number },
  ): number {
    const refusal = this.identityError(member, claim.memberId, claim.instanceId);
    if (refusal !== ErrorCode.NONE) return refusal;
    return claim.generationId === this.generation ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
  }

  private keepAlive(member: Member): void {
    member.alive(() => this.remove(member));
  }

  private drop(member: Member): void {
    member.gone();
    this.members.delete(member.memberId);
    member.answerJoin(this.joinError(ErrorCode.UNKNOWN_MEMBER_ID, member.memberId));
    member.answerSync(this.syncError(ErrorCode.UNKNOWN_MEMBER_ID));
  }

  /** A member has left or has not been heard of: the others share its work. */
  private remove(member: Member): void {
    if (this.members.get(member.memberId) !== member) return;
    this.drop(member);
    if (this.phase === 'Stable' || this.phase === 'CompletingRebalance') this.prepareRebalance();
    this.completeIfAllJoined();
  }

  private joinAnswer(member: Member): JoinAnswer {
    const isLeader = member.memberId === this.leader;
    const members = isLeader ? [...this.members.values()] : [];
    return {
      errorCode: ErrorCode.NONE,
      generationId: this.generation,
      protocolType: this.protocolType,
      protocolName: this.protocol,
      leader: this.leader,
      memberId: member.memberId,
      members: members.map((one) => ({
        memberId: one.memberId,
        groupInstanceId: one.instanceId,
        metadata: one.metadataFor(this.protocol),
      })),
    };
  }

  private joinError(errorCode: number, memberId: string): JoinAnswer {
    return { errorCode, generationId: -1, protocolType: null, protocolName: null, leader: '', memberId, members: [] };
  }

  private syncAnswer(member: Member): SyncAnswer {
    const { protocolType, protocol: protocolName } = this;
    return { errorCode: ErrorCode.NONE, protocolType, protocolName, assignment: member.assignment };
  }

  private syncError(errorCode: number): SyncAnswer {
    return { errorCode, protocolType: null, protocolName: null, assignment: NO_BYTES };
  }

  toStored(): StoredGroup {
    const { protocolType, protocol, generation, leader } = this;
    const members = [...this.members.values()].map((one) => ({
      memberId: one.memberId,
      instanceId: one.instanceId,
      clientId: one.clientId,
      clientHost: one.clientHost,
      sessionTimeoutMs: one.sessionTimeoutMs,
      rebalanceTimeoutMs: one.rebalanceTimeoutMs,
      metadata: one.metadataFor(protocol).toString('base64'),
      assignment: one.assignment.toString('base64'),
    }));
    return { protocolType, protocol: protocol ?? '', generation, leader, members };
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

  /** Stops all timers and sends everybody away. */
  close(errorCode: number): void {
    clearTimeout(this.rebalanceTimer);
    for (const timer of this.pending.values()) clearTimeout(timer);
    for (const member of this.members.values()) {
      member.gone();
      member.answerJoin(this.joinError(errorCode, member.memberId));
      member.answerSync(this.syncError(errorCode));
    }
    this.phase = 'Dead';
  }
}

const isOther = (given: string | null, own: string | null): boolean => given !== null && given !== own;

/** Requests are views of a buffer that is used again: what is kept must be copied. */
const copied = (protocols: readonly Protocol[]): Protocol[] =>
  protocols.map((one) => ({ name: one.name, metadata: Buffer.from(one.metadata) }));
