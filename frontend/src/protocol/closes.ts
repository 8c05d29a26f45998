/** WebSocket close codes; the same table as `protocol/closes.py` (RFC 6455 §7.4; 4000–4999 are ours). */
export const Close = {
  normal: 1000,
  goingAway: 1001,
  lost: 1006,
  tooBig: 1009,
  restart: 1012,
  badFrame: 4400,
  signedOut: 4401,
  accessEnded: 4403,
  gone: 4404,
  helloTooSlow: 4408,
  schemaTooOld: 4409,
  documentFull: 4413,
  slowDown: 4429,
  draining: 4503,
} as const;

/**
 * Whether a client must not come back by itself: every 44xx, and 1009, because whoever comes back after it
 * sends the same text again, and it is still too big.
 */
export function isFinal(code: number): boolean {
  return code === Close.tooBig || (code >= 4400 && code < 4500);
}
