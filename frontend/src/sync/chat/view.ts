/** What a chat shows, and what it is made of. */
import type { MessagePage, Which } from "../../api/messages";
import type { Person } from "../../protocol/control";
import type { Message, Unread } from "../../protocol/message";
import type { Outbox, Pending } from "./outbox";
import type { Receipts } from "./receipts";
import type { ChatStorage } from "./storage";
import type { Wire } from "./wire";

export interface ChatView {
  /** "alone": nothing is kept here and the server cannot be reached. */
  status: "opening" | "ready" | "alone" | "ended";
  messages: readonly Message[];
  hasBefore: boolean;
  hasAfter: boolean;
  /** What I said and the server does not have, in order. */
  pending: readonly Pending[];
  receipts: Receipts;
  people: ReadonlyMap<string, Person>;
  unread: Unread;
  /** Before the first message of others from here on stands "New". */
  line: number | null;
  /** False: how much of it I have read is not known yet, on this visit. */
  isCounted: boolean;
  pinnedCount: number;
  typing: readonly Person[];
  /** To be brought into sight; another object each time. */
  target: { id: string } | null;
  parents: ReadonlyMap<string, Message | null>;
}

export interface ChatOptions {
  document: string;
  me: Person;
  wire: Wire;
  outbox: Outbox;
  storage: ChatStorage;
  fetchPage?: (document: string, which: Which) => Promise<MessagePage>;
  fetchOne?: (id: string) => Promise<Message>;
  fetchNames?: (id: string) => Promise<{ read: Person[] }>;
}
