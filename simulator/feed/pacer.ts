/**
 * How many events are due now. A schedule, not a sleep: what a late timer or a slow answer delays is made up for at the
 * next look, so the rate does not drift. After a long outage the debt is forgiven beyond `debtMsMax`, so that the world
 * goes on at its rate instead of pouring out minutes of arrears.
 */
const debtMsMax = 5000;
/** Events become due in batches of so much time: small, but not a POST for every event. */
const tickMs = 100;

export class Pacer {
  #ratePerSecond: number | null;
  #paused = false;
  /** The schedule: since then, `#sent` events of the rate have been taken. */
  #sinceMs: number;
  #sent = 0;

  constructor(ratePerSecond: number | null, nowMs: number) {
    this.#ratePerSecond = ratePerSecond;
    this.#sinceMs = nowMs;
  }

  get ratePerSecond(): number | null {
    return this.#ratePerSecond;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** `null`: as fast as it goes. */
  setRate(ratePerSecond: number | null, nowMs: number): void {
    this.#ratePerSecond = ratePerSecond;
    this.#restart(nowMs);
  }

  setPaused(paused: boolean, nowMs: number): void {
    this.#paused = paused;
    this.#restart(nowMs);
  }

  /** Events that are due: none before a tick's worth is; Infinity when there is no rate; 0 while paused. */
  due(nowMs: number): number {
    if (this.#paused) return 0;
    if (this.#ratePerSecond === null) return Infinity;
    const debtMs = this.#debtMs(nowMs, this.#ratePerSecond);
    if (debtMs > debtMsMax) this.#sinceMs += debtMs - debtMsMax;
    const due = Math.floor((Math.min(debtMs, debtMsMax) * this.#ratePerSecond) / 1000 + 1e-6);
    return due < this.#tickEvents(this.#ratePerSecond) ? 0 : due;
  }

  taken(count: number): void {
    this.#sent += count;
  }

  /** When to look again, given that nothing is due now. */
  waitMs(nowMs: number): number {
    if (this.#paused || this.#ratePerSecond === null) return tickMs;
    const missingMs = (this.#tickEvents(this.#ratePerSecond) * 1000) / this.#ratePerSecond;
    return Math.min(tickMs, Math.max(1, Math.ceil(missingMs - this.#debtMs(nowMs, this.#ratePerSecond))));
  }

  /** By how much the schedule is ahead of what was taken. */
  #debtMs(nowMs: number, ratePerSecond: number): number {
    return nowMs - this.#sinceMs - (this.#sent * 1000) / ratePerSecond;
  }

  #tickEvents(ratePerSecond: number): number {
    return Math.max(1, Math.floor((ratePerSecond * tickMs) / 1000));
  }

  #restart(nowMs: number): void {
    this.#sinceMs = nowMs;
    this.#sent = 0;
  }
}
