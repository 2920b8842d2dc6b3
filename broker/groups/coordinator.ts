/** All consumer groups: finds or makes them, keeps what must survive a restart, forgets what nobody needs any more. */
import { join } from 'node:path';
import type { Files } from '../log/files.ts';
import { Journal } from '../state/journal.ts';
import { ErrorCode, isStorageError } from '../errors.ts';
import type { Log } from '../types.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { ConsumerGroup } from './consumer-group.ts';
import { ClassicGroup, type JoinRequest } from './classic-group.ts';
import type { GroupState, StoredGroup } from './group-state.ts';
import { joinError, type JoinAnswer } from './member.ts';
import { toClassicMembers, toConsumerMembers } from './migration.ts';
import { Offsets } from './offsets.ts';
import type { ConsumerGroupSettings } from './reconciliation.ts';

const GROUP = 'group\u0000';

export type Group = ClassicGroup | ConsumerGroup;

export interface GroupSettings {
  readonly log: Log;
  /** The clock: Unix milliseconds. */
  readonly now: () => number;
  /** For groups of the new protocol, where the broker sets them. */
  readonly consumer: ConsumerGroupSettings;
  readonly initialDelayMs: number;
  readonly sessionTimeoutMinMs: number;
  readonly sessionTimeoutMaxMs: number;
  /** How long the offsets of a group without members are kept. */
  readonly offsetsRetentionMs: number;
}

export class GroupCoordinator {
  readonly settings: GroupSettings;
  readonly offsets: Offsets;
  private readonly journal: Journal<unknown>;
  private readonly groups = new Map<string, Group>();
  /** When a group with members was last seen; what was before the start is not known, so that all count as busy then. */
  private readonly busyAtMs = new Map<string, number>();
  private readonly startedAtMs: number;
  private readonly catalog: Catalog;

  constructor(files: Files, dataDir: string, catalog: Catalog, settings: GroupSettings) {
    this.catalog = catalog;
    this.settings = settings;
    this.startedAtMs = settings.now();
    this.journal = new Journal(files, join(dataDir, 'groups.journal'));
    this.offsets = new Offsets(this.journal);
    for (const [key, value] of this.journal.entries()) {
      if (key.startsWith(GROUP)) this.create(key.slice(GROUP.length)).restore(value as StoredGroup);
    }
  }

  private create(groupId: string): ClassicGroup {
    const group = new ClassicGroup(groupId, {
      initialDelayMs: this.settings.initialDelayMs,
      save: (one) => this.save(one),
    });
    this.groups.set(groupId, group);
    return group;
  }

  /** A full disk does not stop a group: if what it agreed on is not stored, a restart only makes it gather again. */
  private save(group: GroupState): void {
    try {
      this.journal.set(GROUP + group.groupId, group.toStored());
    } catch (error) {
      if (!isStorageError(error)) throw error;
      this.settings.log('warn', `The members of group '${group.groupId}' cannot be stored`, { error: String(error) });
    }
  }

  /** The group with members or a past; a group that has only offsets, or may soon, is known too, as an empty one. */
  find(groupId: string): Group | undefined {
    const known = this.groups.get(groupId);
    if (known !== undefined) return known;
    return this.offsets.has(groupId) || this.offsets.hasPending(groupId) ? this.create(groupId) : undefined;
  }

  /** The group if it is of the classic protocol. */
  classic(groupId: string): ClassicGroup | undefined {
    const group = this.find(groupId);
    return group?.kind === 'classic' ? group : undefined;
  }

  /** A member joins by the classic protocol. A group without members is made anew for it. */
  join(groupId: string, request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    const group = this.find(groupId);
    if (group?.kind === 'consumer') this.releaseInstance(group, request);
    const present = this.find(groupId);
    if (present !== undefined && (present.kind === 'classic' || !present.isIdle)) return present.join(request);
    if (request.memberId !== '') return joinError(ErrorCode.UNKNOWN_MEMBER_ID, request.memberId);
    return this.create(groupId).join(request);
  }

  /** A static member comes back by the classic protocol: if it was the last of the new one, the others follow it. */
  private releaseInstance(group: ConsumerGroup, { memberId, instanceId }: JoinRequest): void {
    const speakers = [...group.members.values()].filter((one) => one.classic === undefined);
    const isLast = speakers.length === 1 && speakers[0]?.instanceId === instanceId;
    if (memberId === '' && instanceId !== null && isLast) group.leave('', instanceId);
  }

  /** The group if it is of the new protocol. If `mayCreate`, one that is not there is made, and a classic one changes. */
  consumer(groupId: string, mayCreate: boolean): ConsumerGroup | undefined {
    const known = this.find(groupId);
    if (known?.kind === 'consumer') return known;
    if (!mayCreate) return undefined;
    const live = known === undefined || known.members.size === 0 ? undefined : known;
    const members = live === undefined ? [] : toConsumerMembers(live, this.catalog);
    if (members === undefined) return undefined;
    known?.close(ErrorCode.REBALANCE_IN_PROGRESS);
    this.journal.delete(GROUP + groupId);
    const group = new ConsumerGroup(groupId, {
      catalog: this.catalog,
      settings: this.settings.consumer,
      onlyClassicLeft: () => this.becomeClassic(group),
    });
    group.adopt(live?.generation ?? 0, members);
    this.groups.set(groupId, group);
    return group;
  }

  private becomeClassic(group: ConsumerGroup): void {
    group.close();
    this.create(group.groupId).adopt(group.epoch, toClassicMembers(group, this.catalog));
  }

  all(): Group[] {
    for (const groupId of this.offsets.groups()) this.find(groupId);
    return [...this.groups.values()];
  }

  delete(groupId: string): number {
    const group = this.find(groupId);
    if (group === undefined) return ErrorCode.GROUP_ID_NOT_FOUND;
    if (group.members.size > 0) return ErrorCode.NON_EMPTY_GROUP;
    this.forget(group);
    return ErrorCode.NONE;
  }

  private forget(group: Group): void {
    group.close(ErrorCode.NONE);
    this.offsets.removeGroup(group.groupId);
    this.journal.delete(GROUP + group.groupId);
    this.groups.delete(group.groupId);
    this.busyAtMs.delete(group.groupId);
  }

  /**
   * Forgets groups without members: at once if they have committed nothing, else when both the last commit and the last
   * member are longer ago than the time of retention (KIP-211): one that had nothing new to commit loses nothing.
   */
  expire(nowMs: number): void {
    for (const group of this.all()) {
      const isIdle = group.isIdle && group.phase === 'Empty';
      if (!isIdle) this.busyAtMs.set(group.groupId, nowMs);
      else if (this.isForgettable(group.groupId, nowMs)) this.forget(group);
    }
  }

  private isForgettable(groupId: string, nowMs: number): boolean {
    if (this.offsets.hasPending(groupId)) return false;
    const busyAtMs = this.busyAtMs.get(groupId) ?? this.startedAtMs;
    const isOver = (sinceMs: number): boolean => nowMs - sinceMs > this.settings.offsetsRetentionMs;
    return this.offsets.all(groupId).every((one) => isOver(Math.max(busyAtMs, one.committedAtMs)));
  }

  /** The broker stops: whoever waits is sent away, and finds the coordinator again when it is back. */
  dismiss(): void {
    for (const group of this.groups.values()) group.close(ErrorCode.NOT_COORDINATOR);
  }

  close(): void {
    this.journal.close();
  }
}
