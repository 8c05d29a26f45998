/** A message of a document's chat, as the server tells it: always whole, as it is now. */
import type { Person } from "./control";

export interface ChatFile {
  id: string;
  kind: "image" | "voice" | "audio" | "video" | "file";
  name: string;
  type: string;
  size: number;
  width: number | null;
  height: number | null;
  /** In seconds. */
  duration: number | null;
  /** 0 to 100. */
  waveform: number[] | null;
  alt: string | null;
  has_thumbnail: boolean;
}

/** Text of the document, and where it stands: `anchor` is made and read by the editor alone. */
export interface Quote {
  text: string;
  anchor: string;
}

export interface Reaction {
  emoji: string;
  /** Ids of people. */
  people: string[];
}

/** Something that somebody did to a message. Times are ISO 8601. */
export interface Done {
  at: string;
  by: Person;
}

export interface Message {
  id: string;
  document: string;
  /** Its place in the chat. */
  seq: number;
  client_id: string;
  author: Person;
  at: string;
  /** Null where it was recalled. */
  text: string | null;
  quote: Quote | null;
  reply_to: string | null;
  files: ChatFile[];
  reactions: Reaction[];
  mentions: string[];
  revision: number;
  edited_at: string | null;
  recalled: Done | null;
  pinned: Done | null;
}

/** How far the chat came to one person, and how far they read it. */
export interface Receipt {
  person: string;
  delivered: number;
  read: number;
}

export interface Unread {
  count: number;
  mentions: number;
}

export const TEXT_LIMIT = 8000;
export const QUOTE_LIMIT = 1000;

export function isMessage(value: unknown): value is Message {
  const { id, seq, author } = (value ?? {}) as Partial<Message>;
  return typeof id === "string" && typeof seq === "number" && typeof author?.id === "string";
}
