/** The engine's own use of memory and processor, in the same terms as its processes'. */
import type { ProcessState } from '../contract/index.ts';

export class SelfWatch {
  readonly #startedAtMs = Date.now();
  #lastCpuMs = cpuMs();
  #lastAtMs = performance.now();
  #cpuPercent = 0;
  #rssPeakBytes = 0;

  /** To be called each second. */
  state(): ProcessState {
    const nowMs = performance.now();
    const elapsedMs = nowMs - this.#lastAtMs;
    const rssBytes = process.memoryUsage.rss();
    this.#rssPeakBytes = Math.max(this.#rssPeakBytes, rssBytes);
    if (elapsedMs > 500) {
      const used = cpuMs();
      this.#cpuPercent = ((used - this.#lastCpuMs) / elapsedMs) * 100;
      this.#lastCpuMs = used;
      this.#lastAtMs = nowMs;
    }
    return {
      name: 'engine',
      phase: 'running',
      pid: process.pid,
      restarts: 0,
      startedAtMs: this.#startedAtMs,
      rssBytes,
      cpuPercent: this.#cpuPercent,
    };
  }

  get totals(): { readonly cpuMs: number; readonly rssPeakBytes: number } {
    return { cpuMs: cpuMs(), rssPeakBytes: this.#rssPeakBytes };
  }
}

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
