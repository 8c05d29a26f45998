/**
 * What one person's browser keeps of their chats: the newest messages of each document with the cursor behind them, what is not
 * sent yet, and drafts. Two databases, because the one goes when they sign out, and words that nobody has yet do not.
 */
import type { Message, Quote } from "../../protocol/message";
import type { Cursor } from "./wire";

/** Messages and the cursor behind them, written together: what the cursor covers is never missing. */
export interface KeptChat extends Cursor {
  document: string;
  messages: Message[];
  hasBefore: boolean;
}

export interface Unsent {
  clientId: string;
  document: string;
  text: string;
  quote: Quote | null;
  replyTo: string | null;
  /** Keys of uploads: what they are is known there. */
  files: string[];
  /** Milliseconds since 1970, by this device. */
  at: number;
  /** Of those that wait, the smallest goes first. */
  order: number;
  /** Why the server did not take it; null while it waits. */
  failure: { code: string; message: string } | null;
}

export interface Draft {
  document: string;
  text: string;
  /** Names that stand in the text as "@Name", and whom they mean. */
  names: { id: string; name: string }[];
  quote: Quote | null;
  replyTo: string | null;
  files: string[];
}

export const cacheName = (person: string) => `quillroom:${person}/chat`;
export const unsentName = (person: string) => `quillroom:${person}/unsent`;

type StoreName = "chats" | "outbox" | "drafts";
const KEYS: Record<StoreName, string> = {
  chats: "document",
  outbox: "clientId",
  drafts: "document",
};

export class ChatStorage {
  #cache: Promise<IDBDatabase | null>;
  #unsent: Promise<IDBDatabase | null>;
  /** A private window keeps things as long as it is open. */
  #memory: Record<StoreName, Map<string, unknown>> = {
    chats: new Map(),
    outbox: new Map(),
    drafts: new Map(),
  };

  constructor(person: string) {
    this.#cache = openDatabase(cacheName(person), ["chats"]);
    this.#unsent = openDatabase(unsentName(person), ["outbox", "drafts"]);
  }

  async close(): Promise<void> {
    (await this.#cache)?.close();
    (await this.#unsent)?.close();
  }

  readChat = (document: string) => this.#get<KeptChat>("chats", document);
  writeChat = (chat: KeptChat) => this.#put("chats", chat);
  forgetChat = (document: string) => this.#remove("chats", document);

  readDraft = (document: string) => this.#get<Draft>("drafts", document);
  writeDraft = (draft: Draft) => this.#put("drafts", draft);
  forgetDraft = (document: string) => this.#remove("drafts", document);

  /** In the order of sending. */
  async readUnsent(): Promise<Unsent[]> {
    const found = await this.#run<Unsent[]>("outbox", "readonly", (store) => store.getAll());
    const all = found ?? ([...this.#memory.outbox.values()] as Unsent[]);
    return all.sort((one, other) => one.order - other.order);
  }

  writeUnsent = (unsent: Unsent) => this.#put("outbox", unsent);
  forgetUnsent = (clientId: string) => this.#remove("outbox", clientId);

  async #get<Value>(name: StoreName, key: string): Promise<Value | null> {
    const found = await this.#run<Value | undefined>(name, "readonly", (store) => store.get(key));
    return found ?? (this.#memory[name].get(key) as Value | undefined) ?? null;
  }

  async #put(name: StoreName, value: object): Promise<void> {
    const key = (value as Record<string, string>)[KEYS[name]] ?? "";
    const isKept = await this.#run(name, "readwrite", (store) => store.put(value));
    if (isKept === null) this.#memory[name].set(key, value);
    else this.#memory[name].delete(key);
  }

  async #remove(name: StoreName, key: string): Promise<void> {
    this.#memory[name].delete(key);
    await this.#run(name, "readwrite", (store) => store.delete(key));
  }

  /** Null when this browser keeps nothing. Resolves when it is committed. */
  async #run<Value>(
    name: StoreName,
    mode: IDBTransactionMode,
    ask: (store: IDBObjectStore) => IDBRequest,
  ): Promise<Value | null> {
    const database = await (name === "chats" ? this.#cache : this.#unsent);
    if (database === null) return null;
    try {
      return await new Promise((resolve, reject) => {
        const transaction = database.transaction(name, mode);
        const request = ask(transaction.objectStore(name));
        transaction.oncomplete = () => resolve(request.result as Value);
        transaction.onabort = () => reject(transaction.error);
      });
    } catch {
      return null;
    }
  }
}

/** Whether somebody left words behind that the server lacks. */
export async function hasUnsent(person: string): Promise<boolean> {
  const storage = new ChatStorage(person);
  const unsent = await storage.readUnsent();
  await storage.close();
  return unsent.length > 0;
}

function openDatabase(name: string, stores: StoreName[]): Promise<IDBDatabase | null> {
  return new Promise((resolve) => {
    let request: IDBOpenDBRequest;
    try {
      request = indexedDB.open(name, 1);
    } catch {
      resolve(null);
      return;
    }
    request.onupgradeneeded = () => {
      for (const store of stores) {
        request.result.createObjectStore(store, { keyPath: KEYS[store] });
      }
    };
    request.onsuccess = () => {
      const database = request.result;
      // Whoever signs out in another tab takes it away: let go of it.
      database.onversionchange = () => database.close();
      resolve(database);
    };
    request.onerror = () => resolve(null);
    request.onblocked = () => resolve(null);
  });
}
