/** How messages stand below each other: days, groups, and the line above what is new. */
import type { Message } from "../../protocol/message";

const GROUP_MS = 5 * 60 * 1000;

export type Row =
  | { kind: "day"; key: string; at: number }
  | { kind: "new"; key: string }
  /** `isFirst`: says who and when; those behind it belong to it. */
  | { kind: "message"; key: string; message: Message; isFirst: boolean };

export function rowsOf(messages: readonly Message[], line: number | null, me: string): Row[] {
  const rows: Row[] = [];
  let before: Message | null = null;
  let isLineDue = line !== null;
  for (const message of messages) {
    const at = Date.parse(message.at);
    const isNewDay = before === null || dayOf(Date.parse(before.at)) !== dayOf(at);
    if (isNewDay) rows.push({ kind: "day", key: `day-${dayOf(at)}`, at });
    const isLine = isLineDue && message.seq >= (line ?? 0) && message.author.id !== me;
    if (isLine) rows.push({ kind: "new", key: "new" });
    if (isLine) isLineDue = false;
    const isFirst = isNewDay || isLine || before === null || !belongTogether(before, message);
    rows.push({ kind: "message", key: message.id, message, isFirst });
    before = message;
  }
  return rows;
}

export function belongTogether(before: Message, message: Message): boolean {
  return (
    before.author.id === message.author.id &&
    before.recalled === null &&
    Date.parse(message.at) - Date.parse(before.at) < GROUP_MS
  );
}

/** In the reader's own time zone. */
function dayOf(at: number): string {
  const day = new Date(at);
  return `${day.getFullYear()}-${day.getMonth()}-${day.getDate()}`;
}

/** For each of my messages, who has read up to it and no further. */
export function seenAt(
  mine: readonly Message[],
  receipts: Iterable<{ person: string; read: number }>,
  me: string,
): Map<string, string[]> {
  const seen = new Map<string, string[]>();
  for (const { person, read } of receipts) {
    const last = person === me ? undefined : mine.findLast(({ seq }) => seq <= read);
    if (last) seen.set(last.id, [...(seen.get(last.id) ?? []), person]);
  }
  return seen;
}
