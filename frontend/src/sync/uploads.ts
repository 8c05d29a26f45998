/**
 * Files on their way to the server. A file is kept in IndexedDB from the moment it was chosen until its message is
 * committed, so that neither a reload nor a lost connection loses it; the server says how much of it it has, and the
 * upload goes on from there.
 */
import {
  type About,
  type Attachment,
  announce,
  deleteFile,
  describeFile,
  offsetOf,
  putPiece,
} from "../api/files";
import { ApiError } from "../api/http";
import { reconnectDelay } from "./backoff";
import { type KeptUpload, UploadShelf } from "./uploadShelf";

export type UploadState = "waiting" | "uploading" | "ready" | "refused";

/** One file that is being sent. `key` is made here and lasts across reloads; the server's id comes with `file`. */
export interface Upload {
  readonly key: string;
  readonly document: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly isVoice: boolean;
  readonly duration: number | null;
  readonly waveform: number[] | null;
  readonly blob: Blob;
  readonly state: UploadState;
  /** 0 to 1. */
  readonly progress: number;
  /** When the server refused the file for good. */
  readonly why: WhyRefused | null;
  readonly alt: string;
  /** As the server has it, once it is ready. */
  readonly file: Attachment | null;
}

/** What a recording is said to be. */
export interface Recording {
  duration: number;
  waveform: number[];
}

/** The server's code and sentence, and how much would have been allowed where it was too much. */
export interface WhyRefused {
  code: string;
  message: string;
  most: number | null;
}

export class UploadRefused extends Error {}

/** Of one signed-in person in this browser. */
export class Uploads {
  /** False: this browser keeps nothing, so what was not sent is lost with the tab. */
  isKept = true;
  readonly isOpened: Promise<void>;

  #shelf: UploadShelf;
  #uploads = new Map<string, Upload>();
  #begun = new Map<string, string>(); // ids that the server gave
  #running = new Map<string, AbortController>();
  #listeners = new Set<() => void>();
  #isClosed = false;

  constructor(person: string, shelf: UploadShelf = new UploadShelf(person)) {
    this.#shelf = shelf;
    this.isOpened = this.#open();
  }

  /** Begins at once. */
  add(document: string, blob: Blob, name: string, recording?: Recording): Upload {
    const upload: Upload = {
      key: crypto.randomUUID(),
      document,
      name,
      type: blob.type,
      size: blob.size,
      isVoice: recording !== undefined,
      duration: recording?.duration ?? null,
      waveform: recording?.waveform ?? null,
      blob,
      state: "waiting",
      progress: 0,
      why: null,
      alt: "",
      file: null,
    };
    this.#put(upload);
    void this.#keep(upload.key);
    void this.#run(upload.key);
    return upload;
  }

  get(key: string): Upload | undefined {
    return this.#uploads.get(key);
  }

  /** In the order of the keys; those that are forgotten are left out. */
  of(keys: readonly string[]): Upload[] {
    return keys.map((key) => this.#uploads.get(key)).filter((each) => each !== undefined);
  }

  /** `listener` is called whenever something about any upload changed. */
  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The server's ids, when all are there, however long that takes. Rejects with UploadRefused. */
  async ready(keys: readonly string[]): Promise<string[]> {
    await this.isOpened;
    return Promise.all(keys.map((key) => this.#whenReady(key)));
  }

  /** The message is committed: nothing of them has to be kept here any more. */
  sent(keys: readonly string[]): void {
    for (const key of keys) this.#forget(key);
    this.#tell();
  }

  /** Taken back before it was sent, also while it is being uploaded. */
  remove(key: string): void {
    const id = this.#begun.get(key);
    this.#running.get(key)?.abort();
    this.#forget(key);
    this.#tell();
    // What nobody sent is removed by the server after a day anyway.
    if (id !== undefined) void deleteFile(id).catch(() => undefined);
  }

  /** Now, instead of when its turn comes. */
  retry(key: string): void {
    const upload = this.#uploads.get(key);
    if (upload === undefined || upload.state === "ready") return;
    if (upload.state === "refused") this.#begun.delete(key);
    this.#put({ ...upload, state: "waiting", why: null });
    this.#running.get(key)?.abort();
    void this.#run(key);
  }

  setAlt(key: string, alt: string): void {
    const upload = this.#uploads.get(key);
    if (upload === undefined) return;
    this.#put({ ...upload, alt });
    void this.#keep(key);
    if (upload.file !== null) void describeFile(upload.file.id, alt).catch(() => undefined);
  }

  /** Everything stops; what is kept here goes on the next time. */
  close(): void {
    this.#isClosed = true;
    for (const each of this.#running.values()) each.abort();
    this.#listeners.clear();
  }

  async #open(): Promise<void> {
    try {
      for (const kept of await this.#shelf.all()) {
        if (this.#uploads.has(kept.key)) continue;
        if (kept.id !== null) this.#begun.set(kept.key, kept.id);
        const { id: _, ...rest } = kept;
        const state = kept.file === null ? "waiting" : "ready";
        this.#put({ ...rest, state, progress: kept.file === null ? 0 : 1, why: null });
        if (state === "waiting") void this.#run(kept.key);
      }
    } catch {
      this.isKept = false;
    }
  }

  async #run(key: string): Promise<void> {
    const control = new AbortController();
    this.#running.set(key, control);
    const { signal } = control;
    for (let attempt = 1; !signal.aborted && !this.#isClosed; attempt++) {
      try {
        await this.#send(key, signal);
        break;
      } catch (error) {
        if (signal.aborted) break;
        if (isFinal(error)) {
          this.#refuse(key, error);
          break;
        }
        if (isGone(error)) this.#begun.delete(key); // the server forgot it: from the beginning
        this.#change(key, { state: "waiting" });
        const seconds = error instanceof ApiError ? error.seconds : null;
        await rest(seconds ? seconds * 1000 : reconnectDelay(attempt, Math.random()), signal);
      }
    }
    if (this.#running.get(key) === control) this.#running.delete(key);
  }

  async #send(key: string, signal: AbortSignal): Promise<void> {
    const upload = this.#uploads.get(key);
    if (upload === undefined) return;
    let id = this.#begun.get(key);
    let offset = 0;
    let pieceBytes = 1024 * 1024;
    if (id === undefined) {
      const begun = await announce(upload.document, aboutOf(upload));
      if (signal.aborted) {
        void deleteFile(begun.file.id).catch(() => undefined);
        return;
      }
      id = begun.file.id;
      pieceBytes = begun.upload.chunk_bytes;
      this.#begun.set(key, id);
      await this.#keep(key);
    } else {
      offset = await offsetOf(id);
    }
    let alt = upload.alt;
    while (!signal.aborted) {
      this.#change(key, { state: "uploading", progress: offset / upload.size });
      const piece = upload.blob.slice(offset, offset + pieceBytes);
      const answer = await putPiece(id, offset, piece, signal);
      if (typeof answer === "number") {
        offset = answer;
        continue;
      }
      let file = answer;
      const now = this.#uploads.get(key)?.alt ?? "";
      if (now !== alt) file = await describeFile(id, now);
      alt = now;
      this.#change(key, { state: "ready", progress: 1, file });
      await this.#keep(key);
      return;
    }
  }

  #whenReady(key: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const upload = this.#uploads.get(key);
        if (upload?.file) resolve(upload.file.id);
        else if (upload === undefined) reject(new UploadRefused(key));
        else if (upload.state === "refused") reject(new UploadRefused(upload.why?.message ?? ""));
        else return;
        stop();
      };
      const stop = this.subscribe(look);
      look();
    });
  }

  #refuse(key: string, { code, message, most }: ApiError): void {
    this.#begun.delete(key);
    this.#change(key, { state: "refused", why: { code, message, most } });
  }

  #forget(key: string): void {
    this.#uploads.delete(key);
    this.#begun.delete(key);
    void this.#shelf.remove(key).catch(() => undefined);
  }

  #change(key: string, what: Partial<Upload>): void {
    const upload = this.#uploads.get(key);
    if (upload !== undefined) this.#put({ ...upload, ...what });
  }

  #put(upload: Upload): void {
    this.#uploads.set(upload.key, upload);
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  async #keep(key: string): Promise<void> {
    const upload = this.#uploads.get(key);
    if (upload === undefined) return;
    const { state: _state, progress: _progress, why: _why, ...rest } = upload;
    const kept: KeptUpload = { ...rest, id: this.#begun.get(key) ?? null };
    try {
      await this.#shelf.put(kept);
    } catch {
      this.isKept = false;
    }
    // It may have been taken back while it was written.
    if (!this.#uploads.has(key)) await this.#shelf.remove(key).catch(() => undefined);
  }
}

function aboutOf(upload: Upload): About {
  const about: About = { name: upload.name, size: upload.size };
  if (upload.alt !== "") about.alt = upload.alt;
  if (!upload.isVoice) return about;
  return {
    ...about,
    kind: "voice",
    duration: upload.duration ?? 0,
    waveform: upload.waveform ?? [],
  };
}

/** The same bytes will be refused again. */
function isFinal(error: unknown): error is ApiError {
  if (!(error instanceof ApiError)) return false;
  return [400, 403, 413, 415].includes(error.status) || error.code === "too_many_unsent";
}

function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.("online", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done, { once: true });
    globalThis.addEventListener?.("online", done);
  });
}
