/**
 * A run of messages without a gap, in the order of their seq: what is loaded of a chat.
 *
 * Every change is "put the whole message": putting twice, or late, changes nothing.
 */
import type { Message } from "../../protocol/message";

export interface Window {
  messages: readonly Message[];
  hasBefore: boolean;
  /** False: what comes next belongs here. */
  hasAfter: boolean;
}

export const EMPTY: Window = { messages: [], hasBefore: false, hasAfter: false };

/** Where `seq` stands, or would stand. */
export function placeOfSeq(messages: readonly Message[], seq: number): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((messages[middle]?.seq ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The window with all of these that belong into it; itself where none does. */
export function putAll(window: Window, given: readonly Message[]): Window {
  const messages = [...window.messages];
  let isChanged = false;
  for (const message of given) {
    if (!belongs(window, messages, message)) continue;
    const at = placeOfSeq(messages, message.seq);
    const known = messages[at]?.seq === message.seq ? messages[at] : undefined;
    if (known !== undefined && isNewer(known, message)) continue;
    messages.splice(at, known === undefined ? 0 : 1, message);
    isChanged = true;
  }
  return isChanged ? { ...window, messages } : window;
}

/** Beyond its ends a window knows nothing: there a message may have others between it and these. */
function belongs(window: Window, messages: readonly Message[], { seq }: Message): boolean {
  const first = messages[0]?.seq;
  const last = messages.at(-1)?.seq;
  if (first === undefined || last === undefined) return !window.hasBefore && !window.hasAfter;
  if (seq < first) return !window.hasBefore;
  return seq <= last || !window.hasAfter;
}

/** Two ways lead here, an answer and an event: what was recalled or edited since is not put back. */
function isNewer(known: Message, given: Message): boolean {
  if (known.recalled !== null) return given.recalled === null;
  return known.revision > given.revision && given.recalled === null;
}

/** What was asked for in front of the window. */
export function putBefore(window: Window, page: readonly Message[], hasBefore: boolean): Window {
  const first = window.messages[0]?.seq ?? Number.POSITIVE_INFINITY;
  const older = page.filter(({ seq }) => seq < first);
  return { ...window, messages: [...older, ...window.messages], hasBefore };
}

/** What was asked for behind it. */
export function putAfter(window: Window, page: readonly Message[], hasAfter: boolean): Window {
  const last = window.messages.at(-1)?.seq ?? 0;
  const newer = page.filter(({ seq }) => seq > last);
  return { ...window, messages: [...window.messages, ...newer], hasAfter };
}

/** One window of both, where they touch; null where something lies between them. */
export function joined(earlier: Window, later: Window): Window | null {
  const first = later.messages[0]?.seq;
  const last = earlier.messages.at(-1)?.seq;
  if (first === undefined || last === undefined || last < first) return null;
  const older = earlier.messages.filter(({ seq }) => seq < first);
  return {
    messages: [...older, ...later.messages],
    hasBefore: older.length > 0 ? earlier.hasBefore : later.hasBefore,
    hasAfter: later.hasAfter,
  };
}

/** Only the newest so many. */
export function newest(window: Window, limit: number): Window {
  if (window.messages.length <= limit) return window;
  return { ...window, messages: window.messages.slice(-limit), hasBefore: true };
}
