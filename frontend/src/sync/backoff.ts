export const FIRST_DELAY_MS = 500;
export const DELAY_LIMIT_MS = 30_000;

/** Full jitter, so that a restarted server does not meet everyone at once. `random` is in [0, 1). */
export function reconnectDelay(attempt: number, random: number): number {
  if (attempt === 0) return random * 200;
  return random * Math.min(DELAY_LIMIT_MS, FIRST_DELAY_MS * 2 ** (attempt - 1));
}
