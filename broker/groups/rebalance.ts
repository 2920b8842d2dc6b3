/**
 * How a classic group comes to agree: Empty or Stable → PreparingRebalance (all gather) → CompletingRebalance (the leader
 * assigns) → Stable; and back when a member comes, changes, leaves or is not heard of.
 */
import { ErrorCode } from '../errors.ts';
import { GroupState } from './group-state.ts';
import { joinError, NO_BYTES, syncError, type JoinAnswer, type Member } from './member.ts';

export interface Assignment {
  readonly memberId: string;
  readonly assignment: Buffer;
}

export class Rebalance extends GroupState {
  protected rebalanceTimer: NodeJS.Timeout | undefined;
  /** Who has joined this generation and has not asked for its assignment yet, and until when it may. */
  protected readonly unsynced = new Set<Member>();
  protected syncTimer: NodeJS.Timeout | undefined;
  private isFirstWait = false;

  protected waitForRebalance(member: Member): Promise<JoinAnswer> {
    const answer = member.awaitJoin(joinError(ErrorCode.UNKNOWN_MEMBER_ID, member.memberId));
    this.keepAlive(member);
    this.prepareRebalance();
    this.completeIfAllJoined();
    return answer;
  }

  protected prepareRebalance(): void {
    if (this.phase === 'PreparingRebalance') return;
    clearTimeout(this.syncTimer);
    this.unsynced.clear();
    for (const member of this.members.values()) {
      member.answerSync(syncError(ErrorCode.REBALANCE_IN_PROGRESS));
    }
    const isFirst = this.phase === 'Empty';
    this.phase = 'PreparingRebalance';
    clearTimeout(this.rebalanceTimer);
    if (isFirst) this.delayFirst();
    else this.rebalanceTimer = setTimeout(() => this.completeJoin(), this.rebalanceTimeoutMs);
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

  protected completeIfAllJoined(firstWaitIsOver = false): void {
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
    this.awaitSyncs();
    for (const member of this.members.values()) {
      if (member.isJoining) member.answerJoin(this.joinAnswer(member));
      this.keepAlive(member);
    }
  }

  /** A member that sends heartbeats but never asks for its assignment would hold up the others for ever (KAFKA-9752). */
  private awaitSyncs(): void {
    this.unsynced.clear();
    for (const member of this.members.values()) this.unsynced.add(member);
    clearTimeout(this.syncTimer);
    this.syncTimer = setTimeout(() => {
      for (const member of Array.from(this.unsynced)) this.remove(member);
    }, this.rebalanceTimeoutMs);
  }

  private becomeEmpty(): void {
    this.phase = 'Empty';
    this.protocol = null;
    this.leader = '';
    this.port.save(this);
  }

  protected assign(assignments: readonly Assignment[]): void {
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

  protected keepAlive(member: Member): void {
    member.alive(() => this.remove(member));
  }

  private drop(member: Member): void {
    member.gone();
    this.unsynced.delete(member);
    this.members.delete(member.memberId);
    member.answerJoin(joinError(ErrorCode.UNKNOWN_MEMBER_ID, member.memberId));
    member.answerSync(syncError(ErrorCode.UNKNOWN_MEMBER_ID));
  }

  /** A member has left or has not been heard of: the others share its work. */
  protected remove(member: Member): void {
    if (this.members.get(member.memberId) !== member) return;
    this.drop(member);
    if (this.phase === 'Stable' || this.phase === 'CompletingRebalance') this.prepareRebalance();
    this.completeIfAllJoined();
  }
}
