/** What somebody has begun to say on one document: it survives a reload. */
import type { ChatStorage, Draft } from "./storage";

const KEEP_AFTER_MS = 200;

export class DraftBox {
  #storage: ChatStorage;
  #draft: Draft;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #isTouched = false;
  #listeners = new Set<() => void>();

  constructor(document: string, storage: ChatStorage) {
    this.#storage = storage;
    this.#draft = emptyDraft(document);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  get = (): Draft => this.#draft;

  /** What was begun before; not over what is being written already. */
  async open(): Promise<void> {
    const kept = await this.#storage.readDraft(this.#draft.document);
    if (kept === null || this.#isTouched) return;
    this.#draft = kept;
    this.#tell();
  }

  change(part: Partial<Omit<Draft, "document">>): void {
    this.#isTouched = true;
    this.#draft = { ...this.#draft, ...part };
    this.#timer ??= setTimeout(() => void this.keep(), KEEP_AFTER_MS);
    this.#tell();
  }

  /** It has been said. */
  clear(): void {
    this.change(emptyDraft(this.#draft.document));
    void this.keep();
  }

  async keep(): Promise<void> {
    if (this.#timer === null) return;
    clearTimeout(this.#timer);
    this.#timer = null;
    const draft = this.#draft;
    if (isEmpty(draft)) await this.#storage.forgetDraft(draft.document);
    else await this.#storage.writeDraft(draft);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

const emptyDraft = (document: string): Draft => ({
  document,
  text: "",
  names: [],
  quote: null,
  replyTo: null,
  files: [],
});

function isEmpty({ text, quote, replyTo, files }: Draft): boolean {
  return text.trim() === "" && quote === null && replyTo === null && files.length === 0;
}
