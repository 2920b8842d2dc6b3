/** How long to wait before a process is started again: doubling from 100 ms to 10 s, forgotten after 30 s of health. */
export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly healthyMs: number;
}

export const defaultBackoff: BackoffOptions = { firstMs: 100, maxMs: 10_000, healthyMs: 30_000 };

export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions = defaultBackoff) {
    this.#options = options;
  }

  /** The delay before the next start, given how long the process was well before it died. */
  next(healthyForMs: number): number {
    if (healthyForMs >= this.#options.healthyMs) this.#failures = 0;
    const delayMs = Math.min(this.#options.maxMs, this.#options.firstMs * 2 ** this.#failures);
    this.#failures += 1;
    return delayMs;
  }
}
