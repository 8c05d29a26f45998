/** What an inbox holds, and what an event of its topic makes of it. */
import type { InboxPart, Notification } from "../../api/notifications";
import type { Cursor, TopicEvent } from "../../sync/live";

export interface Lines {
  /** Newest first. */
  all: readonly Notification[];
  unread: number;
  /** Where more begins; null: there is no more. */
  next: string | null;
  /** Up to where events are in it; null: nothing is known yet. */
  cursor: Cursor | null;
}

export const NO_LINES: Lines = { all: [], unread: 0, next: null, cursor: null };

const INDIRECT = "message";

/** About oneself, and not only about something that one follows. */
export const isDirect = (line: Notification): boolean => line.kind !== INDIRECT;

export function loaded(part: InboxPart): Lines {
  const { notifications, unread, next, seq, epoch } = part;
  return { all: notifications, unread, next, cursor: { seq, epoch } };
}

/** With the next part behind what is there. */
export function continued(lines: Lines, part: InboxPart): Lines {
  const known = new Set(lines.all.map(({ id }) => id));
  const more = part.notifications.filter(({ id }) => !known.has(id));
  return { ...lines, all: [...lines.all, ...more], next: part.next };
}

/** Events that are in it already change nothing. */
export function applied(lines: Lines, events: readonly TopicEvent[]): Lines {
  return events.reduce((now, event) => (isNew(now, event) ? one(now, event) : now), lines);
}

const isNew = ({ cursor }: Lines, { seq }: TopicEvent) => cursor !== null && seq > cursor.seq;

function one(lines: Lines, { event, data, seq }: TopicEvent): Lines {
  const at = { ...lines, cursor: lines.cursor && { ...lines.cursor, seq } };
  const unread = data.unread as number;
  switch (event) {
    case "notification.added": {
      const line = data.notification as Notification;
      return { ...at, unread, all: [line, ...at.all.filter(({ id }) => id !== line.id)] };
    }
    case "notification.changed": {
      const ids = new Set(data.ids as string[]);
      const read_at = data.read_at as string;
      const all = at.all.map((line) => (ids.has(line.id) ? { ...line, read_at } : line));
      return { ...at, unread, all };
    }
    case "notification.withdrawn": {
      const ids = new Set(data.ids as string[]);
      return { ...at, unread, all: at.all.filter(({ id }) => !ids.has(id)) };
    }
  }
  return at;
}
