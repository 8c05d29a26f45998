import { expect, test } from "vitest";
import type { Notification } from "../../api/notifications";
import type { TopicEvent } from "../../sync/live";
import { applied, continued, isDirect, type Lines, loaded } from "./lines";

const line = (id: string, more: Partial<Notification> = {}): Notification => ({
  id,
  kind: "mention",
  at: "2026-01-01T00:00:00.000+00:00",
  read_at: null,
  actor: null,
  document: { id: "d", title: "Harbour" },
  message: null,
  data: {},
  ...more,
});

const inbox = (
  notifications: Notification[],
  unread: number,
  seq: number,
  next: string | null = null,
) => loaded({ notifications, unread, seq, epoch: "e", next });

const event = (seq: number, name: string, data: Record<string, unknown>): TopicEvent => ({
  event: name,
  topic: "user:ann",
  seq,
  data,
});

const told: TopicEvent[] = [
  event(6, "notification.added", { notification: line("b"), unread: 2 }),
  event(7, "noted", {}),
  event(8, "notification.added", { notification: line("c", { kind: "message" }), unread: 3 }),
  event(9, "notification.changed", { ids: ["a"], read_at: "then", unread: 2 }),
  event(10, "notification.withdrawn", { ids: ["b"], unread: 1 }),
];

test("what was told makes of an old inbox what asking for it anew would show", () => {
  const after = inbox([line("c", { kind: "message" }), line("a", { read_at: "then" })], 1, 10);
  expect(applied(inbox([line("a")], 1, 5), told)).toEqual(after);
});

test("what is in it already is not counted again", () => {
  const after = applied(inbox([line("a")], 1, 5), told);
  expect(applied(after, told)).toBe(after);
  expect(applied({ ...after, cursor: null }, told).unread).toBe(1);
});

test("who was away is told of what is gone by now only that it is, and counts right all the same", () => {
  const after = applied(inbox([line("a")], 1, 5), [
    event(6, "noted", {}),
    event(7, "notification.added", { notification: line("c"), unread: 2 }),
    event(8, "notification.withdrawn", { ids: ["b"], unread: 2 }),
    event(9, "notification.changed", { ids: ["far", "away"], read_at: "then", unread: 2 }),
  ]);
  expect(after).toEqual(inbox([line("c"), line("a")], 2, 9));
});

test("a part that overlaps with what came meanwhile shows each line once", () => {
  const lines: Lines = inbox([line("c"), line("b")], 2, 9, "b");
  const part = { notifications: [line("b"), line("a")], unread: 3, seq: 9, epoch: "e", next: null };
  expect(continued(lines, part).all.map(({ id }) => id)).toEqual(["c", "b", "a"]);
});

test("only what comes from watching is not about oneself", () => {
  expect(
    [line("a"), line("b", { kind: "message" }), line("c", { kind: "news" })].map(isDirect),
  ).toEqual([true, false, true]);
});
