/** Some messages of a chat beside it: what is pinned, or one message and its replies. */
import type { MessagePage, Which } from "../../api/messages";
import type { Message } from "../../protocol/message";
import { EMPTY, putAll, type Window } from "./window";

export type ChatSide = { name: "pinned" } | { name: "thread"; root: string };

export class SideList {
  readonly which: ChatSide;
  #ask: (which: Which) => Promise<MessagePage>;
  #window: Window = EMPTY;
  #state: "loading" | "ready" | "failed" = "loading";
  #listeners = new Set<() => void>();
  #view: { state: "loading" | "ready" | "failed"; messages: readonly Message[] };

  constructor(which: ChatSide, ask: (which: Which) => Promise<MessagePage>) {
    this.which = which;
    this.#ask = ask;
    this.#view = { state: this.#state, messages: [] };
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  getView = () => this.#view;

  async load(): Promise<void> {
    const { which } = this;
    try {
      const asked: Which = which.name === "pinned" ? { pinned: 1 } : { thread: which.root };
      const page = await this.#ask({ ...asked, limit: 100 });
      this.#window = putAll(this.#window, page.messages);
      this.#state = "ready";
    } catch {
      this.#state = "failed";
    }
    this.#changed();
  }

  put(message: Message): void {
    if (this.#belongs(message)) this.#window = putAll(this.#window, [message]);
    else if (this.#window.messages.some(({ id }) => id === message.id)) {
      const messages = this.#window.messages.filter(({ id }) => id !== message.id);
      this.#window = { ...this.#window, messages };
    } else return;
    this.#changed();
  }

  #belongs(message: Message): boolean {
    if (this.which.name === "pinned") return message.pinned !== null;
    return message.id === this.which.root || message.reply_to === this.which.root;
  }

  #changed(): void {
    this.#view = { state: this.#state, messages: this.#window.messages };
    for (const listener of this.#listeners) listener();
  }
}
