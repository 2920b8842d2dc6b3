/** What a classic consumer group is at a moment: its members and what they have agreed on, and the answers that follow. */
import { ErrorCode } from '../errors.ts';
import type { JoinAnswer, Member, MemberIdentity, SyncAnswer } from './member.ts';

export type GroupPhase = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

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
  save(group: GroupState): void;
}

export interface MemberClaim {
  readonly memberId: string;
  readonly instanceId: string | null;
  readonly generationId: number;
}

export class GroupState {
  readonly kind = 'classic';
  readonly groupId: string;
  protected readonly port: GroupPort;
  phase: GroupPhase = 'Empty';
  protocolType = '';
  protocol: string | null = null;
  generation = 0;
  leader = '';
  readonly members = new Map<string, Member>();
  /** Ids that were given out and have not come back to join yet. */
  protected readonly pending = new Map<string, NodeJS.Timeout>();

  constructor(groupId: string, port: GroupPort) {
    this.groupId = groupId;
    this.port = port;
  }

  /** Nobody is in it or about to join. */
  get isIdle(): boolean {
    return this.members.size === 0 && this.pending.size === 0;
  }

  protected withInstance(instanceId: string): Member | undefined {
    return [...this.members.values()].find((one) => one.instanceId === instanceId);
  }

  protected commonProtocols(): Set<string> {
    const [first, ...others] = [...this.members.values()].map((one) => new Set(one.protocols.map((p) => p.name)));
    return new Set([...(first ?? [])].filter((name) => others.every((names) => names.has(name))));
  }

  /** The protocol that most members like best among those that all know. */
  protected elect(): string {
    const common = this.commonProtocols();
    const votes = new Map<string, number>();
    for (const member of this.members.values()) {
      const choice = member.protocols.find((one) => common.has(one.name));
      if (choice !== undefined) votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
    }
    return [...votes].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? '';
  }

  protected get rebalanceTimeoutMs(): number {
    return Math.max(0, ...[...this.members.values()].map((one) => one.rebalanceTimeoutMs));
  }

  protected identityError(member: Member | undefined, memberId: string, instanceId: string | null): number {
    if (instanceId !== null) {
      const known = this.withInstance(instanceId);
      if (known !== undefined && known.memberId !== memberId) return ErrorCode.FENCED_INSTANCE_ID;
    }
    return member === undefined ? ErrorCode.UNKNOWN_MEMBER_ID : ErrorCode.NONE;
  }

  protected memberError(member: Member | undefined, claim: MemberClaim): number {
    const refusal = this.identityError(member, claim.memberId, claim.instanceId);
    if (refusal !== ErrorCode.NONE) return refusal;
    return claim.generationId === this.generation ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION;
  }

  protected joinAnswer(member: Member): JoinAnswer {
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

  protected syncAnswer(member: Member): SyncAnswer {
    const { protocolType, protocol: protocolName } = this;
    return { errorCode: ErrorCode.NONE, protocolType, protocolName, assignment: member.assignment };
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
}
