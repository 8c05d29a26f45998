/** An answer over HTTP is older than the events that came while it was under way: they are put once more behind it. */
import type { MessagePage, Which } from "../../api/messages";
import type { Message } from "../../protocol/message";

export interface Later {
  seq: number;
  message: Message;
}

export class Answers {
  #fetchPage: (which: Which) => Promise<MessagePage>;
  #recent: Later[] = [];
  #asking = 0;

  constructor(fetchPage: (which: Which) => Promise<MessagePage>) {
    this.#fetchPage = fetchPage;
  }

  heard(seq: number, message: Message): void {
    if (this.#asking > 0) this.#recent.push({ seq, message });
  }

  /** The answer, brought up to what came since it was written; and what that was. */
  async ask(which: Which): Promise<{ page: MessagePage; later: Later[] }> {
    this.#asking += 1;
    try {
      const page = await this.#fetchPage(which);
      const later = this.#recent.filter(({ seq }) => seq > page.seq);
      const changed = new Map(later.map(({ message }) => [message.id, message]));
      const messages = page.messages.map((message) => changed.get(message.id) ?? message);
      return { page: { ...page, messages }, later };
    } finally {
      this.#asking -= 1;
      if (this.#asking === 0) this.#recent = [];
    }
  }
}
