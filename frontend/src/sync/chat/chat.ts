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
import { Answers, type Later } from "./answers";
import { Audience } from "./audience";
import { KEPT, Keeper, type ToKeep } from "./keeper";
import type { Pending } from "./outbox";
import { Parents } from "./parents";
import { People } from "./people";
import { Reading } from "./reading";
import { type Receipts, withReceipts } from "./receipts";
import { Shown } from "./shown";
import { type ChatSide, SideList } from "./side";
import { Typing } from "./typing";
import type { ChatOptions, ChatView } from "./view";
import { putAll, type Window } from "./window";
import type { Cursor, TopicEvent } from "./wire";

const PAGE = 50;
const DELIVERED_AFTER_MS = 300;
const PATIENCE_MS = 3000;
/** What was missed is shown when all of it is there: drawing it piece by piece would take longer than telling it. */
const SHOW_MISSED_AFTER_MS = 1500;

type Asked = "before" | "after" | "state" | "readers";
type Deed = "message.edit" | "message.recall" | "message.react" | "message.pin";

export class Chat {
  readonly document: string;
  readonly me: Person;
  #options: ChatOptions;
  #topic: string;
  #audience = new Audience(() => {
    this.#isStale = true;
  });
  #keeper: Keeper;
  #view: ChatView;
  #isStale = false;
  #status: ChatView["status"] = "opening";
  #shown = new Shown();
  #cursor: Cursor | null = null;
  #receipts: Receipts = new Map();
  #people = new People();
  #reading = new Reading();
  #pinnedCount = 0;
  #target: { id: string } | null = null;
  #parents: Parents;
  #answers: Answers;
  #typing: Typing;
  #sides = new Set<SideList>();
  #delivered = 0;
  #follows = 0;
  #attempt = 0;
  #loading: Partial<Record<Asked, Promise<void>>> = {};
  #timers: Partial<Record<"deliver" | "patience" | "state", ReturnType<typeof setTimeout>>> = {};
  #stops: (() => void)[] = [];
  #isOpen = false;

  constructor(options: ChatOptions) {
    this.#options = options;
    this.document = options.document;
    this.me = options.me;
    this.#topic = `doc:${options.document}`;
    this.#typing = new Typing(options.wire, options.document, () => this.#changed());
    const { document, fetchOne = fetchMessage, fetchPage = fetchMessages } = options;
    this.#answers = new Answers((which) => fetchPage(document, which));
    this.#parents = new Parents(fetchOne, (message) => {
      this.#people.meetAll(message);
      this.#changed();
    });
    this.#keeper = new Keeper(document, options.storage, () => this.#toKeep());
    this.#people.meet(options.me);
    this.#view = this.#look();
  }

  subscribe = this.#audience.subscribe;

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
      this.#shown.begin(kept.messages, kept.hasBefore);
      this.#cursor = { seq: kept.seq, epoch: kept.epoch };
      for (const message of kept.messages) this.#people.meetAll(message);
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
    this.#audience.close();
    this.#typing.close();
    void this.#keeper.keep();
  }

  // -- moving about

  loadBefore = (): Promise<void> => {
    const first = this.#shown.now.messages[0]?.seq;
    if (first === undefined || !this.#shown.now.hasBefore) return Promise.resolve();
    return this.#once("before", async () => {
      const { page } = await this.#ask({ before: first, limit: PAGE });
      // Who has gone elsewhere meanwhile does not see it: something may lie between.
      if (this.#shown.now.messages[0]?.seq === first) this.#shown.putBefore(page);
    });
  };

  loadAfter = (): Promise<void> => {
    const last = this.#shown.lastSeqAway;
    if (last === undefined) return Promise.resolve();
    return this.#once("after", async () => {
      const { page } = await this.#ask({ after: last, limit: PAGE });
      if (this.#shown.lastSeqAway === last) this.#shown.putAfter(page);
    });
  };

  /** Bring a message into sight, wherever it is. False: there is no such message for me. */
  async goTo(id: string): Promise<boolean> {
    if (!this.#shown.turnTo(id)) {
      try {
        this.#shown.goTo((await this.#ask({ around: id, limit: PAGE })).page);
      } catch {
        return false;
      }
    }
    this.#target = { id };
    this.#changed();
    return true;
  }

  /** The message before which "New" stands, brought into the window where it is older than that. Null: there is none. */
  async goToLine(): Promise<Message | null> {
    const { line } = this.#reading;
    if (line === null) return null;
    const first = ({ messages }: Window) => messages.find(({ seq }) => seq >= line) ?? null;
    const { tail } = this.#shown;
    if (!tail.hasBefore || (tail.messages[0]?.seq ?? line + 1) <= line) return first(tail);
    // Who never read anything here has not stopped anywhere.
    if (!this.#reading.hasBegun) return null;
    try {
      this.#shown.goTo((await this.#ask({ after: line - 1, limit: PAGE })).page);
    } catch {
      return null;
    }
    this.#changed();
    return first(this.#shown.now);
  }

  goToLatest = (): void => {
    this.#shown.goBack();
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
    this.#shown.goBack();
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
    return this.#shown.find(id) ?? this.#parents.known.get(id) ?? undefined;
  }

  /** See that the message is in `parents`; null there: it is not for me. */
  fetchParent(id: string): void {
    if (this.find(id) === undefined) this.#parents.fetch(id);
  }

  knows(people: readonly Person[]): void {
    for (const person of people) this.#people.meet(person);
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
    this.#shown.begin(page.messages, page.has_before);
    this.#shown.tail = putAll(
      this.#shown.tail,
      later.map(({ message }) => message),
    );
    this.#cursor = { seq: Math.max(page.seq, later.at(-1)?.seq ?? 0), epoch: page.epoch };
    this.#become("ready");
    this.#keeper.keepSoon();
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
      this.#keeper.keepSoon();
      this.#deliverSoon();
      this.#sayRead();
      this.#changed();
      this.#asksState();
      return;
    }
    // What is here may be of another time, or far behind: begin again. Where somebody went before the chat was there, they stay.
    if (isReset) this.#shown.goBack();
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
      this.#answers.heard(seq, message);
      if (event === "message.sent") this.#onNew(message);
      if (event === "message.pinned") this.#pinnedCount += 1;
      if (event === "message.unpinned") this.#pinnedCount = Math.max(0, this.#pinnedCount - 1);
    }
    this.#putAll(messages);
    if (isMissed) {
      this.#audience.tellWithin(SHOW_MISSED_AFTER_MS);
      return;
    }
    this.#keeper.keepSoon();
    this.#deliverSoon();
    this.#sayRead();
    this.#audience.tellInStream();
  };

  #putAll(messages: readonly Message[]): void {
    this.#shown.putAll(messages);
    for (const message of messages) {
      this.#people.meetAll(message);
      this.#parents.put(message);
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
    this.#keeper.keepSoon();
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
      this.#people.meet(person);
      if (person.id !== this.me.id) this.#typing.heard(person, is_typing);
    } else return;
    this.#changed();
  };

  // -- what is told

  #sayRead(): void {
    if (this.#shown.isAway || !this.#options.wire.getIsConnected()) return;
    const seq = this.#shown.lastSeq;
    if (!this.#reading.sees(seq)) return;
    this.#options.wire.tell("chat.read", { document: this.document, seq });
    this.#changed();
  }

  #deliverSoon(): void {
    this.#timers.deliver ??= setTimeout(() => {
      delete this.#timers.deliver;
      const seq = this.#shown.lastSeq;
      if (seq <= this.#delivered || !this.#options.wire.getIsConnected()) return;
      this.#delivered = seq;
      this.#options.wire.tell("chat.delivered", { document: this.document, seq });
    }, DELIVERED_AFTER_MS);
  }

  async #command<Name extends Deed>(event: Name, data: Commands[Name]): Promise<void> {
    const answer = await this.#options.wire.send(event, data);
    if (!isMessage(answer.message)) return;
    this.#putAll([answer.message]);
    this.#keeper.keepSoon();
    this.#changed();
  }

  // -- asking

  async #ask(which: Which): Promise<{ page: MessagePage; later: Later[] }> {
    const answer = await this.#answers.ask(which);
    for (const message of answer.page.messages) this.#people.meetAll(message);
    return answer;
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

  #toKeep(): ToKeep {
    if (this.#cursor === null) return null;
    return this.#status === "ended" ? "forget" : { tail: this.#shown.tail, cursor: this.#cursor };
  }

  // -- what is shown

  /** Whoever reads and never says anything has no name here yet. */
  #meetReaders(): void {
    const isMine = ({ author }: Message) => author.id === this.me.id;
    const last = this.#shown.tail.messages.findLast(isMine);
    const isUnknown = [...this.#receipts.values()].some(
      ({ person, read }) => !this.#people.known.has(person) && read >= (last?.seq ?? Infinity),
    );
    if (last === undefined || !isUnknown) return;
    void this.#once("readers", async () => {
      const { read } = await (this.#options.fetchNames ?? fetchReaders)(last.id);
      this.knows(read);
    });
  }

  #become(status: ChatView["status"]): void {
    this.#status = status;
    if (status === "ended") void this.#keeper.keep();
    this.#changed();
  }

  #changed(): void {
    this.#audience.tell();
  }

  #look(): ChatView {
    const { messages, hasBefore } = this.#shown.now;
    return {
      status: this.#status,
      messages,
      hasBefore,
      hasAfter: this.#shown.isAway,
      pending: this.#pending(),
      receipts: this.#receipts,
      people: this.#people.known,
      unread: this.#reading.unread,
      line: this.#reading.line,
      isCounted: this.#reading.isCounted,
      pinnedCount: this.#pinnedCount,
      typing: this.#typing.people(),
      target: this.#target,
      parents: this.#parents.known,
    };
  }

  /** Whose event came before its acknowledgement is there already. */
  #pending(): readonly Pending[] {
    const mine = this.#options.outbox
      .getEntries()
      .filter(({ document }) => document === this.document);
    if (mine.length === 0) return mine;
    const sent = new Set(
      this.#shown.tail.messages
        .slice(-KEPT)
        .filter(({ author }) => author.id === this.me.id)
        .map((message) => message.client_id),
    );
    return mine.filter(({ clientId }) => !sent.has(clientId));
  }
}
