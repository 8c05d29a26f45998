import type * as Y from "yjs";

/**
 * Change only what differs, so that someone typing in the same title loses nothing.
 * `before`: what `next` was made from, when the title may have changed since.
 */
export function writeTitle(
  text: Y.Text,
  next: string,
  origin: unknown,
  before = text.toString(),
): void {
  if (before === next) return;
  const shorter = Math.min(before.length, next.length);
  let start = 0;
  while (start < shorter && before[start] === next[start]) start += 1;
  let same = 0;
  while (same < shorter - start && before.at(-1 - same) === next.at(-1 - same)) same += 1;
  const now = text.toString();
  const from = Math.min(movedCaret(before, now, start), now.length);
  const gone = before.length - start - same;
  text.doc?.transact(() => {
    text.delete(from, Math.min(gone, now.length - from));
    text.insert(from, next.slice(start, next.length - same));
  }, origin);
}

/** Where a caret at `at` belongs after `before` became `next`. */
export function movedCaret(before: string, next: string, at: number): number {
  const shorter = Math.min(before.length, next.length);
  let start = 0;
  while (start < shorter && before[start] === next[start]) start += 1;
  if (at <= start) return at;
  return Math.max(start, at + next.length - before.length);
}
