/**
 * How a group of the new protocol comes to agree (KIP-848): the broker decides who shall have what (the target), and brings
 * each member there in its own time: first it gives up what it shall not keep, then it gets what others have given up.
 * A partition has one owner at any time.
 */
import type { Catalog } from '../catalog/catalog.ts';
import { ErrorCode } from '../errors.ts';
import { assignors, isAssignor, type AssignorName } from './assignors.ts';
import { LEAVE_FOR_A_WHILE, newMember, textOf, type ConsumerMember, type MemberTraits } from './consumer-member.ts';

export interface ConsumerGroupSettings {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

export interface ConsumerGroupPort {
  readonly catalog: Catalog;
  readonly settings: ConsumerGroupSettings;
  /** The last member of the new protocol has gone: those that are left need a classic group. */
  onlyClassicLeft(): void;
}

export class Reconciliation {
  readonly kind = 'consumer';
  readonly protocolType = 'consumer';
  readonly groupId: string;
  readonly members = new Map<string, ConsumerMember>();
  epoch = 0;
  assignmentEpoch = 0;
  assignor: AssignorName = 'uniform';
  protected readonly port: ConsumerGroupPort;
  /** What the target was last computed from. */
  private basis = '';

  constructor(groupId: string, port: ConsumerGroupPort) {
    this.groupId = groupId;
    this.port = port;
  }

  get phase(): 'Empty' | 'Assigning' | 'Reconciling' | 'Stable' {
    if (this.members.size === 0) return 'Empty';
    if (this.assignmentEpoch < this.epoch) return 'Assigning';
    return [...this.members.values()].every((one) => this.hasArrived(one)) ? 'Stable' : 'Reconciling';
  }
  get isIdle(): boolean {
    return this.members.size === 0;
  }

  private hasArrived(member: ConsumerMember): boolean {
    return member.epoch === this.epoch && textOf(member.assigned) === textOf(member.target);
  }

  protected withInstance(instanceId: string): ConsumerMember | undefined {
    return [...this.members.values()].find((one) => one.instanceId === instanceId);
  }

  /** Whether a static member is who it says: another may have taken its place. */
  protected staticError(memberId: string, instanceId: string | null): number {
    if (instanceId === null) return ErrorCode.NONE;
    const holder = this.withInstance(instanceId);
    if (holder === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    return holder.memberId === memberId ? ErrorCode.NONE : ErrorCode.FENCED_INSTANCE_ID;
  }

  /** A member as it joins: known already, new, or a static one that has come back and takes over what it had. */
  protected admit(memberId: string, traits: MemberTraits): ConsumerMember {
    const known = this.members.get(memberId);
    if (known !== undefined) return known;
    const predecessor = traits.instanceId === null ? undefined : this.withInstance(traits.instanceId);
    const member = newMember(memberId, traits, predecessor);
    if (predecessor !== undefined) this.drop(predecessor);
    this.members.set(memberId, member);
    return member;
  }

  private topicsOf(member: ConsumerMember): Set<string> {
    const { catalog } = this.port;
    const ids = new Set(member.topicNames.flatMap((name) => catalog.named(name)?.id ?? []));
    if (member.topicRegex === null) return ids;
    for (const topic of catalog.all()) if (member.topicRegex.includes(topic)) ids.add(topic.id);
    return ids;
  }

  /** Computes the target anew if members, what they want, or the topics have changed. */
  protected retarget(): void {
    const members = [...this.members.values()].map((one) => ({ member: one, topics: this.topicsOf(one) }));
    const topicIds = [...new Set(members.flatMap(({ topics }) => [...topics]))].toSorted();
    const sizes = new Map(topicIds.map((id) => [id, this.port.catalog.withId(id)?.logs.length ?? 0]));
    const wishes = members.map(({ member, topics }) => `${member.memberId}:${textOf(topics)}:${member.assignor ?? ''}`);
    const basis = `${wishes.join(';')}|${[...sizes].join(';')}`;
    if (basis === this.basis) return;
    this.basis = basis;
    if (this.assignmentEpoch === this.epoch) this.epoch++;
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

  /** Brings a member one step closer to its target. `owned` is what it says that it has; undefined: as before. */
  protected reconcile(member: ConsumerMember, owned: ReadonlySet<string> | undefined): void {
    const holds = (keys: Iterable<string>): boolean => [...keys].some((key) => owned?.has(key) ?? true);
    if (holds(member.revoking)) return;
    member.revoking.clear();
    this.metDeadline(member);
    const leaving = [...member.assigned].filter((key) => !member.target.has(key));
    for (const key of leaving) member.assigned.delete(key);
    // A member that has never been told of them (a new incarnation) has nothing to give up.
    if (member.epoch > 0 && holds(leaving)) {
      member.revoking = new Set(leaving);
      this.setDeadline(member);
      return;
    }
    const taken = this.takenByOthers(member);
    for (const key of member.target) if (!taken.has(key)) member.assigned.add(key);
    if (member.epoch === this.epoch) return;
    member.previousEpoch = member.epoch;
    member.epoch = this.epoch;
  }

  protected takenByOthers(member: ConsumerMember): Set<string> {
    const others = [...this.members.values()].filter((one) => one !== member);
    return new Set(others.flatMap((one) => [...one.assigned, ...one.revoking]));
  }

  protected keepAlive(member: ConsumerMember): void {
    const timeoutMs = member.classic?.sessionTimeoutMs ?? this.port.settings.sessionTimeoutMs;
    if (member.session === undefined) member.session = setTimeout(() => this.remove(member), timeoutMs);
    else member.session.refresh();
  }

  /** A member must do within its rebalance timeout what was asked of it, or the others go on without it. */
  protected setDeadline(member: ConsumerMember): void {
    member.deadline ??= setTimeout(() => this.remove(member), member.rebalanceTimeoutMs);
  }
  protected metDeadline(member: ConsumerMember): void {
    clearTimeout(member.deadline);
    member.deadline = undefined;
  }

  /** Stops what runs for a member. */
  private rest(member: ConsumerMember): void {
    clearTimeout(member.session);
    member.session = undefined;
    this.metDeadline(member);
  }

  /** A member is heard by another protocol from now on, which has another session. */
  protected changeProtocol(member: ConsumerMember, classic: ConsumerMember['classic']): void {
    this.rest(member);
    member.classic = classic;
  }

  private drop(member: ConsumerMember): void {
    this.rest(member);
    this.members.delete(member.memberId);
  }

  /** The target is computed anew with the next request: one who comes in place of another gets what that one had. */
  protected remove(member: ConsumerMember): void {
    this.drop(member);
    const left = [...this.members.values()];
    if (left.length > 0 && left.every((one) => one.classic !== undefined)) return this.port.onlyClassicLeft();
    this.epoch++;
    this.basis = '';
  }

  /** Removes a member by its id or, as administrators do, by its instance id alone. */
  leave(memberId: string, instanceId: string | null): number {
    const member = instanceId === null ? this.members.get(memberId) : this.withInstance(instanceId);
    if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
    if (memberId !== '' && memberId !== member.memberId) return ErrorCode.FENCED_INSTANCE_ID;
    this.remove(member);
    return ErrorCode.NONE;
  }

  /** A static member goes, and will be back: what it had is kept for it while its session lasts. */
  protected leaveForAWhile(member: ConsumerMember): void {
    member.epoch = LEAVE_FOR_A_WHILE;
    member.revoking.clear();
    this.metDeadline(member);
    this.keepAlive(member);
  }

  topicNames(): Set<string> {
    const ids = [...this.members.values()].flatMap((one) => [...this.topicsOf(one)]);
    return new Set(ids.flatMap((id) => this.port.catalog.withId(id)?.name ?? []));
  }

  close(): void {
    for (const member of this.members.values()) this.rest(member);
  }
}
