/** A chat server in memory, for tests: a log of events, messages as they are now, and a line that can be cut. */
import type { MessagePage, Which } from "../../api/messages";
import type { Person } from "../../protocol/control";
import type { Message } from "../../protocol/message";
import { type Cursor, type Follower, Refused, type TopicEvent, type Wire } from "./wire";

export const ANN: Person = { id: "ann", name: "Ann", colour: "#1F62B5", avatar: null };
export const BOB: Person = { id: "bob", name: "Bob", colour: "#A3307E", avatar: null };

const TOPIC = "doc:d";
/** Events in one message of the server. */
const FRAME = 64;

export function aMessage(seq: number, text: string | null = `text ${seq}`, author = BOB): Message {
  return {
    id: `m${seq}`,
    document: "d",
    seq,
    client_id: `client-${seq}`,
    author,
    at: new Date(1_800_000_000_000 + seq).toISOString(),
    text,
    quote: null,
    reply_to: null,
    files: [],
    reactions: [],
    mentions: [],
    revision: 1,
    edited_at: null,
    recalled: null,
    pinned: null,
  };
}

export class FakeServer {
  epoch = "e1";
  head = 0;
  messages = new Map<string, Message>();
  log: TopicEvent[] = [];
  wires: FakeWire[] = [];
  /** Refuse the next commands with these codes. */
  refusals: string[] = [];
  /** Commit the next command, and lose the answer. */
  losesAnswer = false;
  said: { event: string; data: Record<string, unknown> }[] = [];

  post(text: string, author = BOB, clientId?: string): Message {
    const known = [...this.messages.values()].find(
      (message) => message.client_id === clientId && message.author.id === author.id,
    );
    if (known) return known;
    const message = aMessage(this.head + 1, text, author);
    if (clientId) message.client_id = clientId;
    this.happens("message.sent", message);
    return message;
  }

  change(message: Message, part: Partial<Message>, event = "message.edited"): Message {
    const next = { ...message, ...part };
    this.happens(event, next);
    return next;
  }

  edit(message: Message, text: string): Message {
    return this.change(message, {
      text,
      revision: message.revision + 1,
      edited_at: aMessage(1).at,
    });
  }

  recall(message: Message): Message {
    const recalled = { at: aMessage(1).at, by: message.author };
    return this.change(message, { text: null, recalled }, "message.recalled");
  }

  happens(event: string, message: Message): void {
    this.head += 1;
    this.messages.set(message.id, message);
    this.log.push({ event, topic: TOPIC, seq: this.head, data: { message } });
    for (const wire of this.wires) wire.deliver();
  }

  ordered = (): Message[] => [...this.messages.values()].sort((one, other) => one.seq - other.seq);

  fetchPage = async (_: string, which: Which): Promise<MessagePage> => {
    const all = this.ordered();
    const limit = which.limit ?? 50;
    const at = all.findIndex(({ id }) => id === which.around);
    if (which.around !== undefined && at < 0) throw new Error("404");
    const from =
      which.around !== undefined
        ? Math.max(0, at - limit / 2)
        : which.after !== undefined
          ? all.findIndex(({ seq }) => seq > (which.after ?? 0))
          : Math.max(0, all.filter(({ seq }) => seq < (which.before ?? Infinity)).length - limit);
    const end =
      which.before === undefined
        ? all.length
        : all.findIndex(({ seq }) => seq >= (which.before ?? 0));
    const to = Math.min(end, from + limit);
    return {
      messages: from < 0 ? [] : all.slice(from, to),
      has_before: from > 0,
      has_after: from >= 0 && to < all.length,
      seq: this.head,
      epoch: this.epoch,
      read: 0,
      unread: { count: 0, mentions: 0, first: null },
      receipts: [],
      pinned_count: 0,
    };
  };
}

export class FakeWire implements Wire {
  #server: FakeServer;
  #author: Person;
  #isConnected = true;
  #listeners = new Set<() => void>();
  #asides = new Set<(event: string, data: Record<string, unknown>) => void>();
  #followers = new Map<Follower, number>();

  constructor(server: FakeServer, author: Person) {
    this.#server = server;
    this.#author = author;
    server.wires.push(this);
  }

  getIsConnected = () => this.#isConnected;

  subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  listen = (listener: (event: string, data: Record<string, unknown>) => void) => {
    this.#asides.add(listener);
    return () => this.#asides.delete(listener);
  };

  tell = (event: string, data: object): void => {
    if (this.#isConnected) this.#server.said.push({ event, data: data as Record<string, unknown> });
  };

  aside(event: string, data: Record<string, unknown>): void {
    for (const listener of this.#asides) listener(event, data);
  }

  send = async (event: string, data: object): Promise<Record<string, unknown>> => {
    await Promise.resolve();
    if (!this.#isConnected) throw new Error("lost");
    const code = this.#server.refusals.shift();
    if (code) throw new Refused(code, "no");
    this.tell(event, data);
    const { client_id, text } = data as { client_id: string; text: string };
    if (event !== "message.send") return {};
    const message = this.#server.post(text, this.#author, client_id);
    if (this.#server.losesAnswer) {
      this.#server.losesAnswer = false;
      throw new Error("lost");
    }
    return { message };
  };

  follow = (_: string, follower: Follower) => {
    this.#followers.set(follower, -1);
    if (this.#isConnected) this.#begin(follower);
    return () => this.#followers.delete(follower);
  };

  cut(): void {
    this.#isConnected = false;
    for (const listener of this.#listeners) listener();
  }

  mend(): void {
    this.#isConnected = true;
    for (const listener of this.#listeners) listener();
    for (const follower of this.#followers.keys()) this.#begin(follower);
  }

  deliver(): void {
    if (!this.#isConnected) return;
    for (const [follower, seq] of this.#followers) {
      const events = this.#server.log.filter((event) => event.seq > seq);
      this.#followers.set(follower, this.#server.head);
      if (seq >= 0 && events.length > 0) follower.onEvents(events, false);
    }
  }

  #begin(follower: Follower): void {
    const { epoch, head, messages } = this.#server;
    const cursor: Cursor | null = follower.cursor();
    const isReset = cursor !== null && (cursor.epoch !== epoch || cursor.seq > head);
    this.#followers.set(follower, head);
    if (cursor !== null && !isReset) {
      const missed = this.#server.log.filter(({ seq }) => seq > cursor.seq);
      // What is told later is told as it is now.
      const asNow = missed.map((event) => ({
        ...event,
        data: { message: messages.get((event.data.message as Message).id) },
      }));
      for (let first = 0; first < asNow.length; first += FRAME) {
        follower.onEvents(asNow.slice(first, first + FRAME), true);
      }
    }
    follower.onFollowed({ seq: head, epoch }, isReset);
  }
}
