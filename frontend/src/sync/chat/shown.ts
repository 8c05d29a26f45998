/** What of one chat is loaded: its newest messages and, where somebody went into the past, those around there. */
import type { MessagePage } from "../../api/messages";
import type { Message } from "../../protocol/message";
import { EMPTY, joined, putAfter, putAll, putBefore, type Window } from "./window";

export class Shown {
  tail: Window = EMPTY;
  #away: Window | null = null;

  get now(): Window {
    return this.#away ?? this.tail;
  }

  get isAway(): boolean {
    return this.#away !== null;
  }

  /** Of the newest message of all. */
  get lastSeq(): number {
    return this.tail.messages.at(-1)?.seq ?? 0;
  }

  /** Of the newest one there where somebody went. */
  get lastSeqAway(): number | undefined {
    return this.#away?.messages.at(-1)?.seq;
  }

  begin(messages: readonly Message[], hasBefore: boolean): void {
    this.tail = { messages, hasBefore, hasAfter: false };
  }

  /** Somewhere else in the past. */
  goTo(page: MessagePage): void {
    this.#away = {
      messages: page.messages,
      hasBefore: page.has_before,
      hasAfter: page.has_after,
    };
    this.#joins();
  }

  /** To where this message is, if it is loaded. */
  turnTo(id: string): boolean {
    if (!has(this.tail, id)) return this.#away !== null && has(this.#away, id);
    this.#away = null;
    return true;
  }

  goBack(): void {
    this.#away = null;
  }

  putBefore({ messages, has_before }: MessagePage): void {
    const whole = putBefore(this.now, messages, has_before);
    if (this.#away !== null) this.#away = whole;
    else this.tail = whole;
  }

  putAfter({ messages, has_after }: MessagePage): void {
    if (this.#away !== null) this.#away = putAfter(this.#away, messages, has_after);
    this.#joins();
  }

  putAll(messages: readonly Message[]): void {
    this.tail = putAll(this.tail, messages);
    if (this.#away !== null) this.#away = putAll(this.#away, messages);
  }

  find(id: string): Message | undefined {
    const isIt = (message: Message) => message.id === id;
    return this.tail.messages.find(isIt) ?? this.#away?.messages.find(isIt);
  }

  /** Where the past that somebody went to reaches the present, it is over. */
  #joins(): void {
    if (this.#away === null) return;
    const whole = joined(this.#away, this.tail);
    if (whole === null && this.#away.hasAfter) return;
    this.tail = whole ?? { ...this.#away, hasAfter: false };
    this.#away = null;
  }
}

const has = ({ messages }: Window, id: string) => messages.some((message) => message.id === id);
