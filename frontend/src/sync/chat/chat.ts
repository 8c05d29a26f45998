/**
 * The chat of one document in one tab.
 *
 * What must stay true:
 * - the cursor moves only over events that are in the window or outside of it, never over one that was not looked at;
 * - an answer over HTTP is older than the events that came while it was under way: they are put once more behind it;
 * - what is recalled is nowhere here after its event: not in the windows, not in the parents, not in what is kept.
 */
import {
  fetchMessage,
  fetchMessages,
  fetchReaders,
  type MessagePage,
  type Which,
} from "../../api/messages";
import type { Person } from "../../protocol/control";
import type { Commands } from "../../protocol/live";
import { isMessage, type Message, type Receipt, type Unread } from "../../protocol/message";
import { reconnectDelay } from "../backoff";
import type { Outbox, Pending } from "./outbox";
import { Reading } from "./reading";
import { type Receipts, withReceipts } from "./receipts";
import { type ChatSide, SideList } from "./side";
import type { ChatStorage } from "./storage";
import { Typing } from "./typing";
import { EMPTY, joined, newest, putAfter, putAll, putBefore, type Window } from "./window";
import type { Cursor, TopicEvent, Wire } from "./wire";

const PAGE = 50;
const KEPT = 200;
const KEEP_AFTER_MS = 250;
const DELIVERED_AFTER_MS = 300;
const PATIENCE_MS = 3000;
/** What comes alone is shown at once, what comes in a stream this often. */
const SHOW_EVERY_MS = 120;
/** What was missed is shown when all of it is there: drawing it piece by piece would take longer than telling it. */
const SHOW_MISSED_AFTER_MS = 1500;

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

type Asked = "before" | "after" | "state" | "readers";
type Deed = "message.edit" | "message.recall" | "message.react" | "message.pin";

interface Later {
  seq: number;
  message: Message;
}

export class Chat {
  readonly document: string;
  readonly me: Person;
  #options: ChatOptions;
  #topic: string;
  #listeners = new Set<() => void>();
  #view: ChatView;
  #isStale = false;
  #shownAt = 0;
  #status: ChatView["status"] = "opening";
  #tail: Window = EMPTY;
  /** Somewhere else in the past, where somebody went. */
  #excursion: Window | null = null;
  #cursor: Cursor | null = null;
  #receipts: Receipts = new Map();
  #people: ReadonlyMap<string, Person> = new Map();
  #reading = new Reading();
  #pinnedCount = 0;
  #target: { id: string } | null = null;
  #parents = new Map<string, Message | null>();
  #typing: Typing;
  #sides = new Set<SideList>();
  #delivered = 0;
  /** Events that came while an answer is under way. */
  #recent: Later[] = [];
  #asking = 0;
  #follows = 0;
  #attempt = 0;
  #loading: Partial<Record<Asked, Promise<void>>> = {};
  #timers: Partial<
    Record<"keep" | "deliver" | "patience" | "state" | "show", ReturnType<typeof setTimeout>>
  > = {};
  #stops: (() => void)[] = [];
  #isOpen = false;

  constructor(options: ChatOptions) {
    this.#options = options;
    this.document = options.document;
    this.me = options.me;
    this.#topic = `doc:${options.document}`;
    this.#typing = new Typing(options.wire, options.document, () => this.#changed());
    this.#meet(options.me);
    this.#view = this.#look();
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  getView = (): ChatView => {
    if (this.#isStale) {
      this.#isStale = false;
      this.#view = this.#look();
    }
    return this.#view;
  };

  /** Show what is kept here, then follow the document until `close`. */
  async open(): Promise<void> {
    this.#isOpen = true;
    const { wire, outbox, storage } = this.#options;
    this.#stops.push(
      outbox.subscribe(() => this.#changed()),
      outbox.whenSent((message) => this.#onSent(message)),
      wire.listen(this.#onAside),
      wire.subscribe(() => this.#sayRead()),
    );
    this.#timers.patience = setTimeout(() => this.#losePatience(), PATIENCE_MS);
    const kept = await storage.readChat(this.document);
    if (!this.#isOpen) return;
    if (kept !== null && this.#cursor === null) {
      this.#tail = { messages: kept.messages, hasBefore: kept.hasBefore, hasAfter: false };
      this.#cursor = { seq: kept.seq, epoch: kept.epoch };
      for (const message of kept.messages) this.#meetAll(message);
      this.#become("ready");
    }
    this.#stops.push(
      wire.follow(this.#topic, {
        cursor: () => this.#cursor,
        onEvents: this.#onEvents,
        onFollowed: this.#onFollowed,
        onEnded: () => this.#become("ended"),
      }),
    );
  }

  close(): void {
    this.#isOpen = false;
    for (const stop of this.#stops) stop();
    for (const timer of Object.values(this.#timers)) clearTimeout(timer);
    this.#typing.close();
    void this.#keep();
  }

  // -- moving about

  loadBefore = (): Promise<void> => {
    const first = this.#shown().messages[0]?.seq;
    if (first === undefined || !this.#shown().hasBefore) return Promise.resolve();
    return this.#once("before", async () => {
      const { page } = await this.#ask({ before: first, limit: PAGE });
      // Who has gone elsewhere meanwhile does not see it: something may lie between.
      if (this.#shown().messages[0]?.seq !== first) return;
      this.#show(putBefore(this.#shown(), page.messages, page.has_before));
    });
  };

  loadAfter = (): Promise<void> => {
    const last = this.#excursion?.messages.at(-1)?.seq;
    if (last === undefined) return Promise.resolve();
    return this.#once("after", async () => {
      const { page } = await this.#ask({ after: last, limit: PAGE });
      if (this.#excursion?.messages.at(-1)?.seq !== last) return;
      this.#excursion = putAfter(this.#excursion, page.messages, page.has_after);
      this.#return();
    });
  };

  /** Bring a message into sight, wherever it is. False: there is no such message for me. */
  async goTo(id: string): Promise<boolean> {
    const known = [this.#tail, this.#excursion].find((window) =>
      window?.messages.some((message) => message.id === id),
    );
    if (known === undefined) {
      try {
        const { page } = await this.#ask({ around: id, limit: PAGE });
        this.#excursion = {
          messages: page.messages,
          hasBefore: page.has_before,
          hasAfter: page.has_after,
        };
        this.#return();
      } catch {
        return false;
      }
    } else if (known === this.#tail) this.#excursion = null;
    this.#target = { id };
    this.#changed();
    return true;
  }

  /** The message before which "New" stands, brought into the window where it is older than that. Null: there is none. */
  async goToLine(): Promise<Message | null> {
    const { line } = this.#reading;
    if (line === null) return null;
    const first = ({ messages }: Window) => messages.find(({ seq }) => seq >= line) ?? null;
    if (!this.#tail.hasBefore || (this.#tail.messages[0]?.seq ?? line + 1) <= line)
      return first(this.#tail);
    // Who never read anything here has not stopped anywhere.
    if (!this.#reading.hasBegun) return null;
    try {
      const { page } = await this.#ask({ after: line - 1, limit: PAGE });
      this.#excursion = {
        messages: page.messages,
        hasBefore: page.has_before,
        hasAfter: page.has_after,
      };
    } catch {
      return null;
    }
    this.#return();
    this.#changed();
    return first(this.#shown());
  }

  goToLatest = (): void => {
    this.#excursion = null;
    this.#target = null;
    this.#changed();
  };

  // -- what is read

  /** Whether the newest message is in front of somebody's eyes. */
  watch(isWatched: boolean): void {
    this.#reading.watch(isWatched);
    this.#sayRead();
  }

  async markUnread(seq: number): Promise<void> {
    this.#reading.mark(seq);
    await this.#options.wire.send("chat.unread", { document: this.document, seq });
    this.#changed();
  }

  // -- saying something

  say = async (text: string, more: Partial<Pick<Pending, "quote" | "replyTo" | "files">> = {}) => {
    this.#typing.stop();
    this.#reading.line = null;
    this.#excursion = null;
    const { quote = null, replyTo = null, files = [] } = more;
    await this.#options.outbox.add({ document: this.document, text, quote, replyTo, files });
  };

  edit = ({ id, revision }: Message, text: string) =>
    this.#command("message.edit", { message: id, revision, text });

  recall = ({ id }: Message) => this.#command("message.recall", { message: id });

  react = ({ id }: Message, emoji: string, on: boolean) =>
    this.#command("message.react", { message: id, emoji, on });

  pin = ({ id }: Message, on: boolean) => this.#command("message.pin", { message: id, on });

  retry = (clientId: string) => this.#options.outbox.retry(clientId);

  discard = (clientId: string) => this.#options.outbox.discard(clientId);

  type = (): void => this.#typing.type();

  // -- threads, pins, parents

  /** A list of its own beside the chat, kept up by the same events. */
  side(which: ChatSide): SideList {
    const list = new SideList(which, async (asked) => (await this.#ask(asked)).page);
    this.#sides.add(list);
    return list;
  }

  endSide(list: SideList): void {
    this.#sides.delete(list);
  }

  find(id: string): Message | undefined {
    const windows = [this.#tail, this.#excursion];
    for (const window of windows) {
      const found = window?.messages.find((message) => message.id === id);
      if (found) return found;
    }
    return this.#parents.get(id) ?? undefined;
  }

  /** See that the message is in `parents`; null there: it is not for me. */
  fetchParent(id: string): void {
    if (this.#parents.has(id) || this.find(id) !== undefined) return;
    this.#parents.set(id, null);
    const fetchOne = this.#options.fetchOne ?? fetchMessage;
    fetchOne(id).then(
      (message) => {
        this.#parents.set(id, message);
        this.#meetAll(message);
        this.#changed();
      },
      () => this.#parents.delete(id),
    );
  }

  knows(people: readonly Person[]): void {
    for (const person of people) this.#meet(person);
    this.#changed();
  }

  // -- what comes

  /** How it stands; and the newest messages, where nothing is here to go on from. */
  async #askState(): Promise<void> {
    const follows = this.#follows;
    const isNew = this.#cursor === null;
    const { page, later } = await this.#ask({ limit: isNew ? PAGE : 1 });
    // The line was cut in between: what came meanwhile is neither in this answer nor was it told.
    if (follows !== this.#follows) return await this.#askState();
    this.#attempt = 0;
    if (isNew) this.#begin(page, later);
    this.#takeState(page);
  }

  #begin(page: MessagePage, later: Later[]): void {
    const loaded = { messages: page.messages, hasBefore: page.has_before, hasAfter: false };
    this.#tail = putAll(
      loaded,
      later.map(({ message }) => message),
    );
    this.#cursor = { seq: Math.max(page.seq, later.at(-1)?.seq ?? 0), epoch: page.epoch };
    this.#become("ready");
    this.#keepSoon();
    this.#deliverSoon();
  }

  #takeState(page: MessagePage): void {
    this.#receipts = withReceipts(this.#receipts, page.receipts);
    this.#meetReaders();
    this.#pinnedCount = page.pinned_count;
    this.#reading.stands(page.read, page.unread);
    this.#sayRead();
    this.#changed();
  }

  #onFollowed = (head: Cursor, isReset: boolean): void => {
    this.#follows += 1;
    if (!isReset && this.#cursor !== null) {
      this.#cursor = head;
      this.#keepSoon();
      this.#deliverSoon();
      this.#sayRead();
      this.#changed();
      this.#asksState();
      return;
    }
    // What is here may be of another time, or far behind: begin again. Where somebody went before the chat was there, they stay.
    if (isReset) this.#excursion = null;
    this.#cursor = null;
    this.#asksState();
  };

  #asksState(): void {
    const again = () => {
      if (!this.#isOpen || !this.#options.wire.getIsConnected()) return;
      const delay = reconnectDelay(++this.#attempt, Math.random());
      this.#timers.state = setTimeout(() => this.#asksState(), delay);
    };
    clearTimeout(this.#timers.state);
    void this.#once("state", () => this.#askState().catch(again));
  }

  #onEvents = (events: readonly TopicEvent[], isMissed: boolean): void => {
    const messages: Message[] = [];
    for (const { event, seq, data } of events) {
      if (this.#cursor !== null && seq > this.#cursor.seq) this.#cursor = { ...this.#cursor, seq };
      const { message } = data;
      if (!event.startsWith("message.") || !isMessage(message)) continue;
      messages.push(message);
      if (this.#asking > 0) this.#recent.push({ seq, message });
      if (event === "message.sent") this.#onNew(message);
      if (event === "message.pinned") this.#pinnedCount += 1;
      if (event === "message.unpinned") this.#pinnedCount = Math.max(0, this.#pinnedCount - 1);
    }
    this.#putAll(messages);
    if (isMissed) {
      this.#showWithin(SHOW_MISSED_AFTER_MS);
      return;
    }
    this.#keepSoon();
    this.#deliverSoon();
    this.#sayRead();
    if (Date.now() - this.#shownAt >= SHOW_EVERY_MS) this.#changed();
    else this.#showWithin(SHOW_EVERY_MS);
  };

  #putAll(messages: readonly Message[]): void {
    for (const message of messages) this.#meetAll(message);
    this.#tail = putAll(this.#tail, messages);
    if (this.#excursion !== null) this.#excursion = putAll(this.#excursion, messages);
    for (const message of messages) {
      if (this.#parents.has(message.id)) this.#parents.set(message.id, message);
      for (const side of this.#sides) side.put(message);
    }
  }

  #onNew(message: Message): void {
    this.#typing.ended(message.author.id);
    if (message.author.id !== this.me.id) this.#reading.heard(message, this.me.id);
  }

  #onSent(message: Message): void {
    if (message.document !== this.document) return;
    if (this.#status === "ready") this.#putAll([message]);
    this.#keepSoon();
    this.#changed();
  }

  #onAside = (event: string, data: Record<string, unknown>): void => {
    if (data.document !== this.document) return;
    if (event === "receipts") {
      this.#receipts = withReceipts(this.#receipts, data.receipts as Receipt[]);
      this.#meetReaders();
    } else if (event === "unread") {
      this.#reading.told(data as unknown as Unread & { read: number });
    } else if (event === "typing") {
      const { person, is_typing } = data as { person: Person; is_typing: boolean };
      this.#meet(person);
      if (person.id !== this.me.id) this.#typing.heard(person, is_typing);
    } else return;
    this.#changed();
  };

  // -- what is told

  #sayRead(): void {
    if (this.#excursion !== null || !this.#options.wire.getIsConnected()) return;
    const seq = this.#tail.messages.at(-1)?.seq ?? 0;
    if (!this.#reading.sees(seq)) return;
    this.#options.wire.tell("chat.read", { document: this.document, seq });
    this.#changed();
  }

  #deliverSoon(): void {
    this.#timers.deliver ??= setTimeout(() => {
      delete this.#timers.deliver;
      const seq = this.#tail.messages.at(-1)?.seq ?? 0;
      if (seq <= this.#delivered || !this.#options.wire.getIsConnected()) return;
      this.#delivered = seq;
      this.#options.wire.tell("chat.delivered", { document: this.document, seq });
    }, DELIVERED_AFTER_MS);
  }

  async #command<Name extends Deed>(event: Name, data: Commands[Name]): Promise<void> {
    const answer = await this.#options.wire.send(event, data);
    if (!isMessage(answer.message)) return;
    this.#putAll([answer.message]);
    this.#keepSoon();
    this.#changed();
  }

  // -- asking

  /** The answer, brought up to what came since it was written; and what that was. */
  async #ask(which: Which): Promise<{ page: MessagePage; later: Later[] }> {
    this.#asking += 1;
    try {
      const page = await (this.#options.fetchPage ?? fetchMessages)(this.document, which);
      const later = this.#recent.filter(({ seq }) => seq > page.seq);
      const changed = new Map(later.map(({ message }) => [message.id, message]));
      const messages = page.messages.map((message) => changed.get(message.id) ?? message);
      for (const message of messages) this.#meetAll(message);
      return { page: { ...page, messages }, later };
    } finally {
      this.#asking -= 1;
      if (this.#asking === 0) this.#recent = [];
    }
  }

  #once(name: Asked, run: () => Promise<void>): Promise<void> {
    this.#loading[name] ??= run()
      .catch(() => {})
      .finally(() => {
        delete this.#loading[name];
        this.#changed();
      });
    return this.#loading[name];
  }

  #losePatience(): void {
    if (this.#status === "opening") this.#become("alone");
  }

  // -- what is kept here

  #keepSoon(): void {
    this.#timers.keep ??= setTimeout(() => {
      delete this.#timers.keep;
      void this.#keep();
    }, KEEP_AFTER_MS);
  }

  async #keep(): Promise<void> {
    if (this.#cursor === null) return;
    if (this.#status === "ended") {
      await this.#options.storage.forgetChat(this.document);
      return;
    }
    const { messages, hasBefore } = newest(this.#tail, KEPT);
    const kept = { document: this.document, ...this.#cursor, messages: [...messages], hasBefore };
    await this.#options.storage.writeChat(kept);
  }

  // -- what is shown

  #shown = (): Window => this.#excursion ?? this.#tail;

  #show(window: Window): void {
    if (this.#excursion !== null) this.#excursion = window;
    else this.#tail = window;
    this.#changed();
  }

  /** Where the excursion reaches the present, it is over. */
  #return(): void {
    if (this.#excursion === null) return;
    const whole = joined(this.#excursion, this.#tail);
    if (whole === null && this.#excursion.hasAfter) return;
    this.#tail = whole ?? { ...this.#excursion, hasAfter: false };
    this.#excursion = null;
  }

  #meet(person: Person): void {
    const known = this.#people.get(person.id);
    if (known?.name === person.name && known.avatar === person.avatar) return;
    this.#people = new Map(this.#people).set(person.id, person);
  }

  #meetAll(message: Message): void {
    this.#meet(message.author);
    if (message.recalled) this.#meet(message.recalled.by);
    if (message.pinned) this.#meet(message.pinned.by);
  }

  /** Whoever reads and never says anything has no name here yet. */
  #meetReaders(): void {
    const isMine = ({ author }: Message) => author.id === this.me.id;
    const last = this.#tail.messages.findLast(isMine);
    const isUnknown = [...this.#receipts.values()].some(
      ({ person, read }) => !this.#people.has(person) && read >= (last?.seq ?? Infinity),
    );
    if (last === undefined || !isUnknown) return;
    void this.#once("readers", async () => {
      const { read } = await (this.#options.fetchNames ?? fetchReaders)(last.id);
      this.knows(read);
    });
  }

  #become(status: ChatView["status"]): void {
    this.#status = status;
    if (status === "ended") void this.#keep();
    this.#changed();
  }

  #showWithin(ms: number): void {
    this.#timers.show ??= setTimeout(() => this.#changed(), ms);
  }

  #changed(): void {
    clearTimeout(this.#timers.show);
    delete this.#timers.show;
    this.#shownAt = Date.now();
    this.#isStale = true;
    for (const listener of this.#listeners) listener();
  }

  #look(): ChatView {
    const { messages, hasBefore } = this.#shown();
    return {
      status: this.#status,
      messages,
      hasBefore,
      hasAfter: this.#excursion !== null,
      pending: this.#pending(),
      receipts: this.#receipts,
      people: this.#people,
      unread: this.#reading.unread,
      line: this.#reading.line,
      isCounted: this.#reading.isCounted,
      pinnedCount: this.#pinnedCount,
      typing: this.#typing.people(),
      target: this.#target,
      parents: this.#parents,
    };
  }

  /** Whose event came before its acknowledgement is there already. */
  #pending(): readonly Pending[] {
    const mine = this.#options.outbox
      .getEntries()
      .filter(({ document }) => document === this.document);
    if (mine.length === 0) return mine;
    const sent = new Set(
      this.#tail.messages
        .slice(-KEPT)
        .filter(({ author }) => author.id === this.me.id)
        .map((message) => message.client_id),
    );
    return mine.filter(({ clientId }) => !sent.has(clientId));
  }
}
