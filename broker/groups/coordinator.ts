/** All consumer groups: finds or makes them, keeps what must survive a restart, forgets what nobody needs any more. */
import { join } from 'node:path';
import type { Files } from '../log/files.ts';
import { Journal } from '../state/journal.ts';
import { ErrorCode } from '../errors.ts';
import { ClassicGroup, type StoredGroup } from './classic-group.ts';
import { Offsets } from './offsets.ts';

const GROUP = 'group\u0000';

export interface GroupSettings {
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
  private readonly groups = new Map<string, ClassicGroup>();

  constructor(files: Files, dataDir: string, settings: GroupSettings) {
    this.settings = settings;
    this.journal = new Journal(files, join(dataDir, 'groups.journal'));
    this.offsets = new Offsets(this.journal);
    for (const [key, value] of this.journal.entries()) {
      if (key.startsWith(GROUP)) this.create(key.slice(GROUP.length)).restore(value as StoredGroup);
    }
  }

  private create(groupId: string): ClassicGroup {
    const group = new ClassicGroup(groupId, {
      initialDelayMs: this.settings.initialDelayMs,
      save: (one) => this.journal.set(GROUP + groupId, one.toStored()),
    });
    this.groups.set(groupId, group);
    return group;
  }

  /** The group with members or a past; a group that has only offsets is known too, as an empty one. */
  find(groupId: string): ClassicGroup | undefined {
    return this.groups.get(groupId) ?? (this.offsets.has(groupId) ? this.create(groupId) : undefined);
  }

  findOrCreate(groupId: string): ClassicGroup {
    return this.find(groupId) ?? this.create(groupId);
  }

  all(): ClassicGroup[] {
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

  private forget(group: ClassicGroup): void {
    group.close(ErrorCode.NONE);
    this.offsets.removeGroup(group.groupId);
    this.journal.delete(GROUP + group.groupId);
    this.groups.delete(group.groupId);
  }

  /** Forgets groups that have had no members, and whose offsets have not been renewed, for the time of retention. */
  expire(nowMs: number): void {
    for (const group of this.all()) {
      if (group.members.size > 0 || group.phase !== 'Empty') continue;
      const offsets = this.offsets.all(group.groupId);
      const isOld = offsets.every((one) => nowMs - one.committedAtMs > this.settings.offsetsRetentionMs);
      if (offsets.length > 0 && isOld) this.forget(group);
    }
  }

  /** The broker stops: whoever waits is sent away, and finds the coordinator again when it is back. */
  dismiss(): void {
    for (const group of this.groups.values()) group.close(ErrorCode.NOT_COORDINATOR);
  }

  close(): void {
    this.journal.close();
  }
}
