/**
 * Tells of a disk that refuses: at once when it begins, then only now and then, and when it is over. Every client tries
 * again and again; a line for each attempt would help nobody, and would itself need a disk.
 */
import { messageOf } from './errors.ts';
import type { Log } from './types.ts';

const EVERY_MS = 10_000;
const HINT = 'Free space on the disk, or make it writable: clients try again by themselves.';

export class DiskReport {
  private readonly log: Log;
  private readonly now: () => number;
  private refusals = 0;
  private toldAtMs = -Infinity;

  constructor(log: Log, now: () => number) {
    this.log = log;
    this.now = now;
  }

  /** `what` could not be stored. */
  refused(what: string, error: unknown): void {
    this.refusals++;
    const nowMs = this.now();
    if (nowMs - this.toldAtMs < EVERY_MS) return;
    this.toldAtMs = nowMs;
    const since = this.refusals === 1 ? '' : ` (${this.refusals} requests were refused so far)`;
    this.log('error', `The disk refuses ${what}: ${messageOf(error)}${since}`, { hint: HINT });
  }

  /** Something was stored. */
  accepted(): void {
    if (this.refusals === 0) return;
    this.log('info', `The disk takes writes again; ${this.refusals} requests had been refused`);
    this.refusals = 0;
    this.toldAtMs = -Infinity;
  }
}
