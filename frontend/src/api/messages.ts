/** The chat of a document, over HTTP. */
import type { Person } from "../protocol/frames";
import type { Message, Receipt, Unread } from "../protocol/message";
import { call } from "./http";

/** Some messages, oldest first, and how the chat stood when they were read. */
export interface MessagePage {
  messages: Message[];
  has_before: boolean;
  has_after: boolean;
  /** The head of the document's log, from which on live events go on. */
  seq: number;
  epoch: string;
  /** How far I have read. */
  read: number;
  unread: Unread & { first: number | null };
  receipts: Receipt[];
  pinned_count: number;
}

/** Which ones: the newest when nothing is said. */
export interface Which {
  before?: number;
  after?: number;
  around?: string;
  pinned?: 1;
  thread?: string;
  limit?: number;
}

export interface Revision {
  revision: number;
  text: string;
  at: string;
}

const of = (id: string, rest = "") => `/api/messages/${encodeURIComponent(id)}${rest}`;

export function fetchMessages(document: string, which: Which = {}): Promise<MessagePage> {
  const said = Object.entries(which).map(([name, value]) => [name, String(value)]);
  const query = new URLSearchParams(said).toString();
  const path = `/api/documents/${encodeURIComponent(document)}/messages`;
  return call("GET", query === "" ? path : `${path}?${query}`);
}

export const fetchMessage = (id: string): Promise<Message> => call("GET", of(id));

export const fetchRevisions = async (id: string): Promise<Revision[]> =>
  (await call<{ revisions: Revision[] }>("GET", of(id, "/history"))).revisions;

export const fetchReaders = (id: string): Promise<{ read: Person[]; delivered: Person[] }> =>
  call("GET", of(id, "/readers"));

export const fetchUnread = async (): Promise<Record<string, Unread>> =>
  (await call<{ documents: Record<string, Unread> }>("GET", "/api/unread")).documents;
