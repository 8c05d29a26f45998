/** Where files wait in this browser's IndexedDB, one database a person: what one chose is never sent by another. */
import type { Upload } from "./uploads";

/** An upload as it is kept: `id` is the server's, once it has begun. */
export type KeptUpload = Omit<Upload, "state" | "progress" | "why"> & { id: string | null };

const STORE = "uploads";

export const uploadsName = (person: string) => `quillroom:uploads:${person}`;

export class UploadShelf {
  #name: string;
  #opened: Promise<IDBDatabase> | null = null;

  constructor(person: string) {
    this.#name = uploadsName(person);
  }

  async all(): Promise<KeptUpload[]> {
    return this.#do("readonly", (store) => store.getAll());
  }

  async put(upload: KeptUpload): Promise<void> {
    await this.#do("readwrite", (store) => store.put(upload));
  }

  async remove(key: string): Promise<void> {
    await this.#do("readwrite", (store) => store.delete(key));
  }

  /** Resolves when it is on the disk, as far as a browser promises that. */
  async #do<T>(
    mode: IDBTransactionMode,
    ask: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> {
    this.#opened ??= this.#open();
    const database = await this.#opened;
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = ask(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  }

  #open(): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(this.#name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
      request.onsuccess = () => {
        const database = request.result;
        // Whoever signs out takes it away: let go of it.
        database.onversionchange = () => database.close();
        resolve(database);
      };
      request.onerror = () => reject(request.error);
      request.onblocked = () => reject(new Error("blocked"));
    });
  }
}
