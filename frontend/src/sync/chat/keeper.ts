/** Keeps the newest messages of one chat in this browser, a moment after they changed. */
import type { ChatStorage } from "./storage";
import { newest, type Window } from "./window";
import type { Cursor } from "./wire";

export const KEPT = 200;
const KEEP_AFTER_MS = 250;

/** "forget": this person may not read the chat any more. Null: nothing is known yet. */
export type ToKeep = { tail: Window; cursor: Cursor } | "forget" | null;

export class Keeper {
  #document: string;
  #storage: ChatStorage;
  #look: () => ToKeep;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(document: string, storage: ChatStorage, look: () => ToKeep) {
    this.#document = document;
    this.#storage = storage;
    this.#look = look;
  }

  keepSoon(): void {
    this.#timer ??= setTimeout(() => void this.keep(), KEEP_AFTER_MS);
  }

  async keep(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const what = this.#look();
    if (what === null) return;
    if (what === "forget") return await this.#storage.forgetChat(this.#document);
    const { messages, hasBefore } = newest(what.tail, KEPT);
    const kept = { ...what.cursor, messages: [...messages], hasBefore };
    await this.#storage.writeChat({ document: this.#document, ...kept });
  }
}
