/**
 * Keeps tables quick that get a small file every second. In two tiers, so that rows are rewritten about twice and not over
 * and over: first the many small files of a table into one, later these into large ones.
 */
import type { Log } from '../log.ts';
import type { TableHandle } from './table-handle.ts';

const filesMax = 50;
const mib = 1024 * 1024;
const tiers = [
  { smallBytesMax: mib, filesMin: 16 },
  { smallBytesMax: 32 * mib, filesMin: 16 },
] as const;
const firstTierRuns = 16;
const vacuumEveryMs = 600_000;

export class Maintenance {
  private readonly handles: readonly TableHandle[];
  private readonly log: Log;
  private readonly now: () => number;
  private readonly runs = new Map<TableHandle, number>();
  private readonly vacuumedAtMs = new Map<TableHandle, number>();

  constructor(handles: readonly TableHandle[], log: Log, now: () => number) {
    this.handles = handles;
    this.log = log;
    this.now = now;
  }

  /** At most one table at a time. A failure is told and changes nothing. */
  async step(): Promise<void> {
    const nowMs = this.now();
    const crowded = this.handles.find((handle) => handle.filesSinceOptimize > filesMax);
    try {
      if (crowded !== undefined) await this.compact(crowded);
      else await this.vacuumOne(nowMs);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.log('warn', `Tidying up ${crowded?.name ?? 'a table'} failed; its data is as it was.`, { reason });
      if (crowded !== undefined) crowded.filesSinceOptimize = 0;
    }
  }

  private async compact(handle: TableHandle): Promise<void> {
    const run = (this.runs.get(handle) ?? 0) + 1;
    this.runs.set(handle, run);
    const result = await handle.table.optimize(tiers[run % firstTierRuns === 0 ? 1 : 0]);
    if (result.kind === 'committed') handle.compacted(result);
    else if (result.kind === 'conflict') await handle.open();
    handle.filesSinceOptimize = 0;
    this.log('debug', `Compacted ${handle.name}`, { result });
  }

  /** Files of old versions, once their retention is over. */
  private async vacuumOne(nowMs: number): Promise<void> {
    for (const handle of this.handles) {
      const lastMs = this.vacuumedAtMs.get(handle);
      if (lastMs === undefined) this.vacuumedAtMs.set(handle, nowMs);
      else if (nowMs - lastMs > vacuumEveryMs && handle.version >= 0) {
        this.vacuumedAtMs.set(handle, nowMs);
        const hours = /^interval (\d+) hours?$/.exec(
          handle.shape.properties['delta.deletedFileRetentionDuration'] ?? '',
        );
        await handle.table.vacuum(hours === null ? {} : { retentionMs: Number(hours[1]) * 3_600_000 });
        return;
      }
    }
  }
}
