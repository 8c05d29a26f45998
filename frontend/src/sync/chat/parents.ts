/** Messages that others in the chat answer, and that are not loaded with them. */
import type { Message } from "../../protocol/message";

export class Parents {
  /** Null: it is under way, or not for me. */
  readonly known = new Map<string, Message | null>();
  #fetchOne: (id: string) => Promise<Message>;
  #onCame: (message: Message) => void;

  constructor(fetchOne: (id: string) => Promise<Message>, onCame: (message: Message) => void) {
    this.#fetchOne = fetchOne;
    this.#onCame = onCame;
  }

  /** One that cannot be fetched may be asked for again. */
  fetch(id: string): void {
    if (this.known.has(id)) return;
    this.known.set(id, null);
    this.#fetchOne(id).then(
      (message) => {
        this.known.set(id, message);
        this.#onCame(message);
      },
      () => this.known.delete(id),
    );
  }

  put(message: Message): void {
    if (this.known.has(message.id)) this.known.set(message.id, message);
  }
}
