/** The inbox of whoever sits here: loaded once, then told as it changes; one for all that shows it. */
import {
  fetchInbox,
  type InboxPart,
  type Notification,
  readNotifications,
} from "../../api/notifications";
import type { Follower, TopicEvent } from "../../sync/live";
import { Store } from "../../ui/store";
import { showCount } from "./badge";
import { applied, continued, type Lines, loaded, NO_LINES } from "./lines";
import { closeShown } from "./push";

const RETRY_MS = 5000;

/** What `sync/live.ts` offers. */
interface Topics {
  follow: (topic: string, follower: Follower) => () => void;
}

export const inbox = new Store<Lines>(NO_LINES);

/** Answers how to end it. */
export function openInbox(person: string, topics: Topics): () => void {
  let isOver = false;
  let retry: ReturnType<typeof setTimeout> | undefined;
  /** What was told while the inbox was asked for. */
  let waiting: TopicEvent[] | null = [];
  const load = async () => {
    waiting = [];
    clearTimeout(retry);
    let part: InboxPart;
    try {
      part = await fetchInbox();
    } catch {
      if (!isOver) retry = setTimeout(load, RETRY_MS);
      return;
    }
    if (isOver) return;
    inbox.set(applied(loaded(part), waiting));
    waiting = null;
  };
  const onEvents = (events: readonly TopicEvent[]) => {
    if (waiting !== null) waiting.push(...events);
    else inbox.set(applied(inbox.get(), events));
    closeShown(events.flatMap(goneBy));
  };
  const stop = topics.follow(`user:${person}`, {
    cursor: () => inbox.get().cursor,
    onEvents,
    onFollowed: (_, isReset) => {
      if (isReset || inbox.get().cursor === null) void load();
    },
    onEnded: () => undefined,
  });
  const unwatch = inbox.subscribe(() => showCount(inbox.get().unread));
  return () => {
    isOver = true;
    clearTimeout(retry);
    stop();
    inbox.set(NO_LINES);
    unwatch();
  };
}

/** Lines that need not stand on the screen outside of the page any more. */
function goneBy({ event, data }: TopicEvent): string[] {
  const isGone = event === "notification.changed" || event === "notification.withdrawn";
  return isGone ? (data.ids as string[]) : [];
}

/** The next part. */
export async function loadMore(): Promise<void> {
  const { next } = inbox.get();
  if (next === null) return;
  const part = await fetchInbox(next);
  if (inbox.get().next === next) inbox.set(continued(inbox.get(), part));
}

/** What was opened was read; that it shows so is told by the topic. */
export function readLine({ id, read_at }: Notification): void {
  if (read_at === null) void readNotifications({ ids: [id] }).catch(() => undefined);
}

/** All of it. */
export const readAll = (): Promise<void> => readNotifications({ all: true });
