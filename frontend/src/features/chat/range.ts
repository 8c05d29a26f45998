/**
 * Which of the loaded messages are drawn: a stretch of bounded length that moves with the reader, so that a chat of 10,000
 * costs what one of 200 does.
 */
import type { Message } from "../../protocol/message";
import { placeOfSeq } from "../../sync/chat/window";

export const DRAWN = 60;
export const DRAWN_LIMIT = 180;
const STEP = 40;

/** Seqs of the ends; null: as far as it goes. It holds when messages come in front or behind. */
export interface Range {
  top: number | null;
  bottom: number | null;
}

export const LATEST: Range = { top: null, bottom: null };

export function drawn(messages: readonly Message[], { top, bottom }: Range): [number, number] {
  const end = bottom === null ? messages.length : placeOfSeq(messages, bottom + 1);
  const start = top === null ? Math.max(0, end - DRAWN) : placeOfSeq(messages, top);
  return [Math.min(start, end), end];
}

export function earlier(messages: readonly Message[], range: Range): Range {
  const [start, end] = drawn(messages, range);
  const first = Math.max(0, start - STEP);
  const last = Math.min(end, first + DRAWN_LIMIT);
  return rangeOf(messages, first, last);
}

export function later(messages: readonly Message[], range: Range): Range {
  const [start, end] = drawn(messages, range);
  const last = Math.min(messages.length, end + STEP);
  const first = Math.max(start, last - DRAWN_LIMIT);
  return rangeOf(messages, first, last);
}

export function around(messages: readonly Message[], seq: number): Range {
  const at = placeOfSeq(messages, seq);
  const first = Math.max(0, at - DRAWN / 2);
  return rangeOf(messages, first, Math.min(messages.length, at + DRAWN / 2));
}

function rangeOf(messages: readonly Message[], first: number, last: number): Range {
  const top = messages[first]?.seq ?? null;
  return { top, bottom: last >= messages.length ? null : (messages[last - 1]?.seq ?? null) };
}
