/** The copy of one document in this browser's IndexedDB, and whether it can be relied on. */
import { IndexeddbPersistence } from "y-indexeddb";
import type * as Y from "yjs";

const PATIENCE_MS = 4000;
const PROBE = "quillroom:probe";

export class LocalCopy {
  /** "none": this browser keeps nothing (private window, blocked, full, or too slow to wait for). */
  state: "opening" | "kept" | "none" = "opening";
  readonly isOpened: Promise<void>;

  #store: IndexeddbPersistence | null = null;
  #isClosed = false;
  #onLost: () => void;

  /** `onLost` is called when a copy that was kept can no longer be written. */
  constructor(name: string, doc: Y.Doc, onLost: () => void) {
    this.#onLost = onLost;
    this.isOpened = this.#open(name, doc);
  }

  /** Whether a change of the document came out of this copy. */
  isOrigin(origin: unknown): boolean {
    return this.#store !== null && origin === this.#store;
  }

  /** From here on, changes of the document stay out of the copy. What is in it stays. */
  close(): void {
    this.#isClosed = true;
    void this.#store?.destroy();
  }

  async #open(name: string, doc: Y.Doc): Promise<void> {
    try {
      // y-indexeddb swallows a database that cannot be opened and stays "loading": so ask first.
      await within(PATIENCE_MS, canOpen(PROBE));
      if (this.#isClosed) return;
      const store = new IndexeddbPersistence(name, doc);
      this.#store = store;
      await within(PATIENCE_MS, store.whenSynced);
      this.state = "kept";
      store.db?.addEventListener("abort", () => this.#lose());
      store.db?.addEventListener("close", () => this.#lose());
    } catch {
      // A copy that came late would be merged behind the back of the sync: better none.
      this.state = "none";
      void this.#store?.destroy();
    }
  }

  #lose(): void {
    if (this.#isClosed || this.state === "none") return;
    this.state = "none";
    this.#onLost();
  }
}

function canOpen(name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => {
      request.result.close();
      resolve();
    };
    request.onerror = () => reject(request.error);
  });
}

function within<T>(patienceMs: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("too slow")), patienceMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
