/** One's inbox; what one hears of and how; what others learn of oneself; browsers to push to. */
import type { Person } from "../protocol/frames";
import { call } from "./http";

export const KINDS = [
  "mention",
  "reply",
  "message",
  "access_requested",
  "access_given",
  "invited",
] as const;
export type Kind = (typeof KINDS)[number];
export const CHANNELS = ["in_app", "mail", "push"] as const;
export type Channel = (typeof CHANNELS)[number];

export interface Notification {
  id: string;
  kind: string;
  at: string;
  read_at: string | null;
  actor: Person | null;
  /** Null where one may not see it any more. */
  document: { id: string; title: string } | null;
  message: { id: string; seq: number; preview: string } | null;
  data: Record<string, unknown>;
}

export interface InboxPart {
  notifications: Notification[];
  unread: number;
  /** The place of the topic at that moment. */
  seq: number;
  epoch: string;
  next: string | null;
}

export interface Preferences {
  events: Record<Kind, Record<Channel, boolean>>;
  shows_preview: boolean;
  has_mail: boolean;
}

export interface PreferencesChange {
  events?: Partial<Record<Kind, Partial<Record<Channel, boolean>>>>;
  shows_preview?: boolean;
}

export interface Privacy {
  receipts: boolean;
  is_invisible: boolean;
  last_seen: boolean;
}

export type Level = "watch" | "mute";

export const fetchInbox = (before?: string): Promise<InboxPart> =>
  call("GET", `/api/notifications${before ? `?before=${encodeURIComponent(before)}` : ""}`);

export const readNotifications = (
  which: { ids: string[] } | { all: true } | { document: string },
): Promise<void> => call("POST", "/api/notifications/read", which);

export const fetchPreferences = (): Promise<Preferences> =>
  call("GET", "/api/me/notification-preferences");

export const changePreferences = (change: PreferencesChange): Promise<Preferences> =>
  call("PUT", "/api/me/notification-preferences", change);

export const fetchPrivacy = (): Promise<Privacy> => call("GET", "/api/me/privacy");

export const changePrivacy = (change: Partial<Privacy>): Promise<Privacy> =>
  call("PATCH", "/api/me/privacy", change);

const watchOf = (document: string) => `/api/documents/${encodeURIComponent(document)}/watch`;

export const fetchLevel = async (document: string): Promise<Level | null> =>
  (await call<{ level: Level | null }>("GET", watchOf(document))).level;

/** Null: the usual. */
export const setLevel = (document: string, level: Level | null): Promise<void> =>
  level === null ? call("DELETE", watchOf(document)) : call("PUT", watchOf(document), { level });

export const fetchPushKey = async (): Promise<string> =>
  (await call<{ key: string }>("GET", "/api/push/key")).key;

export const subscribePush = async (subscription: PushSubscriptionJSON): Promise<string> =>
  (await call<{ id: string }>("POST", "/api/push/subscriptions", subscription)).id;

export const unsubscribePush = (id: string): Promise<void> =>
  call("DELETE", `/api/push/subscriptions/${encodeURIComponent(id)}`);
