/**
 * What one person said and the server does not have yet, of all documents: kept until it is committed, sent in order.
 *
 * One tab sends at a time (Web Locks). Where there are none two may: the client id makes the second a repetition that the
 * server answers with the first one's message.
 */
import type { Commands } from "../../protocol/live";
import { isMessage, type Message } from "../../protocol/message";
import { reconnectDelay } from "../backoff";
import type { ChatStorage, Unsent } from "./storage";
import { Refused, type Wire } from "./wire";

/** After that nobody expects it to be said any more: its author decides. */
const PATIENCE_MS = 24 * 3600 * 1000;
/** A no that may be a yes later. */
const LATER = new Set([
  "throttled",
  "try_later",
  "internal",
  "draining",
  "not_signed_in",
  "unknown_event",
]);

export interface Pending extends Unsent {
  state: "queued" | "sending" | "failed";
}

export type NewMessage = Pick<Unsent, "document" | "text" | "quote" | "replyTo" | "files">;

/** The files of a message, by their keys. */
export interface Files {
  /** Their ids, when all of them are on the server. Rejects for one that it refused, or that is not known here. */
  ready: (keys: readonly string[]) => Promise<string[]>;
  sent: (keys: readonly string[]) => void;
  has: (key: string) => boolean;
  retry: (key: string) => void;
  remove: (key: string) => void;
}

interface Options {
  person: string;
  wire: Wire;
  storage: ChatStorage;
  now?: () => number;
  locks?: LockManager | undefined;
  files?: Files;
}

export class Outbox {
  #options: Options;
  #entries: readonly Pending[] = [];
  #sending: string | null = null;
  /** On their way into the storage, or out of it: it must not be believed about these. */
  #adding = new Map<string, Unsent>();
  #removing = new Set<string>();
  #listeners = new Set<() => void>();
  #onSent = new Set<(message: Message) => void>();
  #channel: BroadcastChannel | null = null;
  #isDraining = false;
  #isAskedAgain = false;
  /** The ids of files that are on the server, by their message. */
  #fileIds = new Map<string, string[]>();
  #uploading = new Set<string>();
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #stop: (() => void) | null = null;
  #isOpen = false;
  readonly isLoaded: Promise<void>;
  #loaded: () => void = () => {};

  constructor(options: Options) {
    this.#options = options;
    this.isLoaded = new Promise((resolve) => {
      this.#loaded = resolve;
    });
  }

  open(): void {
    this.#isOpen = true;
    const { person, wire } = this.#options;
    try {
      this.#channel = new BroadcastChannel(`quillroom:outbox:${person}`);
      this.#channel.onmessage = () => void this.#reload();
    } catch {
      // Then another tab shows it after its next reload.
    }
    this.#stop = wire.subscribe(() => {
      this.#attempt = 0;
      this.#drain();
    });
    void this.#reload().then(() => {
      this.#loaded();
      this.#drain();
    });
  }

  close(): void {
    this.#isOpen = false;
    this.#stop?.();
    this.#channel?.close();
    this.#channel = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Called with each message that was committed, before it leaves the entries. */
  whenSent(listener: (message: Message) => void): () => void {
    this.#onSent.add(listener);
    return () => this.#onSent.delete(listener);
  }

  /** Everything that waits or failed; a new array whenever something of it changes. */
  getEntries = (): readonly Pending[] => this.#entries;

  async add(message: NewMessage): Promise<void> {
    const at = this.#now();
    const last = this.#entries.at(-1)?.order ?? 0;
    // Behind what waits, also when the clock was put back.
    const unsent: Unsent = {
      ...message,
      clientId: newClientId(),
      at,
      order: Math.max(at, last + 1),
      failure: null,
    };
    this.#set([...this.#entries, { ...unsent, state: "queued" }]);
    this.#adding.set(unsent.clientId, unsent);
    await this.#options.storage.writeUnsent(unsent);
    this.#adding.delete(unsent.clientId);
    this.#channel?.postMessage("changed");
    this.#drain();
  }

  /** Under the same id: the first attempt may have arrived. */
  async retry(clientId: string): Promise<void> {
    const found = this.#entries.find((entry) => entry.clientId === clientId);
    if (found === undefined) return;
    for (const key of found.files) this.#options.files?.retry(key);
    await this.#options.storage.writeUnsent(stored({ ...found, at: this.#now(), failure: null }));
    await this.#reload();
    this.#channel?.postMessage("changed");
    this.#drain();
  }

  /** Taken back, with its files. */
  async discard(clientId: string): Promise<void> {
    const found = this.#entries.find((entry) => entry.clientId === clientId);
    for (const key of found?.files ?? []) this.#options.files?.remove(key);
    await this.#remove(clientId);
  }

  async #remove(clientId: string): Promise<void> {
    this.#set(this.#entries.filter((entry) => entry.clientId !== clientId));
    this.#removing.add(clientId);
    await this.#options.storage.forgetUnsent(clientId);
    this.#removing.delete(clientId);
    this.#channel?.postMessage("changed");
  }

  // -- sending

  #drain(): void {
    if (this.#isDraining) {
      this.#isAskedAgain = true;
      return;
    }
    if (!this.#isOpen || !this.#options.wire.getIsConnected() || !this.#hasWaiting()) return;
    this.#isDraining = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    void this.#underLock(() => this.#sendAll()).finally(() => {
      this.#isDraining = false;
      if (!this.#isAskedAgain) return;
      this.#isAskedAgain = false;
      this.#drain();
    });
  }

  #hasWaiting = () => this.#entries.some(({ failure }) => failure === null);

  async #underLock(run: () => Promise<void>): Promise<void> {
    const locks = "locks" in this.#options ? this.#options.locks : navigator.locks;
    if (locks === undefined) await run();
    else await locks.request(`quillroom:outbox:${this.#options.person}`, run);
  }

  async #sendAll(): Promise<void> {
    // Another tab may have sent some of it while this one waited for its turn.
    await this.#reload();
    for (;;) {
      const next = this.#next();
      if (next === undefined || !this.#isOpen || !this.#options.wire.getIsConnected()) return;
      if (!(await this.#sendOne(next))) return;
    }
  }

  /** Of each document what was said first; what waits for its files holds up nothing elsewhere. */
  #next(): Pending | undefined {
    const heldUp = new Set<string>();
    for (const entry of this.#entries) {
      if (entry.failure !== null || heldUp.has(entry.document)) continue;
      if (entry.files.length === 0 || this.#fileIds.has(entry.clientId)) return entry;
      heldUp.add(entry.document);
      this.#awaitFiles(entry);
    }
    return undefined;
  }

  #awaitFiles(entry: Pending): void {
    const { files } = this.#options;
    const { clientId } = entry;
    if (files === undefined || this.#uploading.has(clientId)) return;
    this.#uploading.add(clientId);
    files
      .ready(entry.files)
      .then((ids) => {
        this.#fileIds.set(clientId, ids);
      })
      .catch(async (error: Error) => {
        // Another tab has them, and sends them.
        if (!entry.files.every(files.has)) return;
        await this.#fail(entry, { code: "file_refused", message: error.message });
      })
      .finally(() => {
        this.#uploading.delete(clientId);
        if (this.#fileIds.has(clientId)) this.#drain();
      });
  }

  /** False when it has to be tried again later. */
  async #sendOne(entry: Pending): Promise<boolean> {
    if (this.#now() - entry.at > PATIENCE_MS) {
      await this.#fail(entry, { code: "too_old", message: "" });
      return true;
    }
    this.#setSending(entry.clientId);
    try {
      const { message } = await this.#options.wire.send(
        "message.send",
        commandOf(entry, this.#fileIds.get(entry.clientId) ?? []),
      );
      this.#attempt = 0;
      if (isMessage(message)) for (const listener of this.#onSent) listener(message);
      this.#options.files?.sent(entry.files);
      this.#fileIds.delete(entry.clientId);
      await this.#remove(entry.clientId);
      return true;
    } catch (error) {
      return await this.#onError(entry, error);
    } finally {
      this.#setSending(null);
    }
  }

  async #onError(entry: Pending, error: unknown): Promise<boolean> {
    if (error instanceof Refused && !LATER.has(error.code)) {
      await this.#fail(entry, { code: error.code, message: error.message });
      return true;
    }
    const seconds = error instanceof Refused ? error.seconds : null;
    const delay =
      seconds === null ? reconnectDelay(++this.#attempt, Math.random()) : seconds * 1000;
    this.#timer = setTimeout(() => this.#drain(), delay);
    return false;
  }

  async #fail(entry: Pending, failure: { code: string; message: string }): Promise<void> {
    await this.#options.storage.writeUnsent(stored({ ...entry, failure }));
    await this.#reload();
    this.#channel?.postMessage("changed");
  }

  // -- what is shown

  async #reload(): Promise<void> {
    const kept = await this.#options.storage.readUnsent();
    const known = new Set(kept.map(({ clientId }) => clientId));
    const added = [...this.#adding.values()].filter(({ clientId }) => !known.has(clientId));
    const unsent = [...kept, ...added].filter(({ clientId }) => !this.#removing.has(clientId));
    this.#set(unsent.map((each) => ({ ...each, state: this.#stateOf(each) })));
  }

  #setSending(clientId: string | null): void {
    this.#sending = clientId;
    this.#set(this.#entries.map((each) => ({ ...each, state: this.#stateOf(each) })));
  }

  #stateOf({ clientId, failure }: Unsent): Pending["state"] {
    if (failure !== null) return "failed";
    return this.#sending === clientId ? "sending" : "queued";
  }

  #set(entries: readonly Pending[]): void {
    this.#entries = entries;
    for (const listener of this.#listeners) listener();
  }

  #now = () => (this.#options.now ?? Date.now)();
}

function commandOf(
  { document, clientId, text, quote, replyTo }: Unsent,
  files: string[],
): Commands["message.send"] {
  return {
    document,
    client_id: clientId,
    ...(text === "" ? {} : { text }),
    ...(quote === null ? {} : { quote }),
    ...(replyTo === null ? {} : { reply_to: replyTo }),
    ...(files.length === 0 ? {} : { files }),
  };
}

function stored({ state: _, ...unsent }: Pending): Unsent {
  return unsent;
}

/** `crypto.randomUUID` exists on secure pages only. */
export function newClientId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(15));
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}
