/** How often and how soon something is tried again: ever more slowly, and never so often that it burdens a server in need. */

export const FIRST_RETRY_MS = 500;
export const RETRY_LIMIT_MS = 30_000;

/** 0.5 s · 2ⁿ ± 50 %, at most 30 s. `random` is in [0, 1). */
export function retryDelay(attempt: number, random: number): number {
  return Math.min(RETRY_LIMIT_MS, FIRST_RETRY_MS * 2 ** attempt * (0.5 + random));
}

const SHARE = 0.1;
const SAVED_UP = 10;
const EACH_MS = 10_000;

/**
 * What may be tried again: one for ten that were said, ten at once, and one in ten seconds however little is said. So
 * what is repeated is never much more than a tenth of everything.
 */
export class RetryBudget {
  #left = SAVED_UP;
  #at: number;

  constructor(now: number) {
    this.#at = now;
  }

  /** Something was said for the first time. */
  earn(): void {
    this.#left = Math.min(SAVED_UP, this.#left + SHARE);
  }

  /** Whether something may be repeated now; then it counts. */
  spend(now: number): boolean {
    this.#left = Math.min(SAVED_UP, this.#left + (now - this.#at) / EACH_MS);
    this.#at = now;
    // A tenth added ten times is a little less than one.
    if (this.#left < 1 - 1e-9) return false;
    this.#left -= 1;
    return true;
  }
}
