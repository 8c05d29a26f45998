import type * as Y from "yjs";

/** Change only what differs, so that someone typing in the same title loses nothing. */
export function writeTitle(text: Y.Text, next: string, origin: unknown): void {
  const before = text.toString();
  if (before === next) return;
  const shorter = Math.min(before.length, next.length);
  let start = 0;
  while (start < shorter && before[start] === next[start]) start += 1;
  let same = 0;
  while (same < shorter - start && before.at(-1 - same) === next.at(-1 - same)) same += 1;
  text.doc?.transact(() => {
    text.delete(start, before.length - start - same);
    text.insert(start, next.slice(start, next.length - same));
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
