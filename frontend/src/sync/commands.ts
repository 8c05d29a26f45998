/**
 * Commands on their way: each is answered by its id, and repeated only where twice is the same as once.
 *
 * A connection may end between the command and its answer, so nobody knows whether it was done. What the server
 * recognises (a message by its client id) is said again on the next connection; of anything else the caller is told.
 */
import { type Commands as Data, writeLive } from "../protocol/live";
import { Refused, Unanswered } from "./refused";
import { RetryBudget, retryDelay } from "./retries";

export type CommandName = keyof Data;

const ANSWER_MS = 10_000;
export const PATIENCE_MS = 60_000;
/** Worth another try, though nothing is wrong with the command. */
const PASSING = new Set(["try_later", "throttled", "internal", "draining"]);
const ONCE_ONLY = new Set<CommandName>(["message.edit"]);

interface Pending {
  id: string;
  text: string;
  isRepeatable: boolean;
  isSaid: boolean;
  attempt: number;
  due: number;
  timer: ReturnType<typeof setTimeout> | null;
  resolve: (data: Record<string, unknown>) => void;
  reject: (problem: Refused | Unanswered) => void;
}

export class Commands {
  #pending = new Map<string, Pending>();
  #next = 1;
  #write: ((text: string) => void) | null = null;
  #budget = new RetryBudget(Date.now());

  /** What the server acknowledges with. Rejects with `Refused` or `Unanswered`. */
  send<Name extends CommandName>(
    event: Name,
    data: Data[Name],
    patienceMs = PATIENCE_MS,
  ): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      const id = `c${this.#next++}`;
      const pending: Pending = {
        id,
        text: writeLive(event, data, id),
        isRepeatable: !ONCE_ONLY.has(event),
        isSaid: false,
        attempt: 0,
        due: Date.now() + patienceMs,
        timer: null,
        resolve,
        reject,
      };
      this.#pending.set(id, pending);
      if (this.#write === null) this.#wait(pending);
      else this.#say(pending);
    });
  }

  /** There is a connection: what waits is said on it. */
  connected(write: (text: string) => void): void {
    this.#write = write;
    for (const pending of [...this.#pending.values()]) {
      if (pending.timer !== null) clearTimeout(pending.timer);
      if (pending.isSaid) this.#repeat(pending);
      else this.#say(pending);
    }
  }

  /** It is gone. */
  disconnected(): void {
    this.#write = null;
    for (const pending of [...this.#pending.values()]) {
      if (pending.timer !== null) clearTimeout(pending.timer);
      if (pending.isSaid && !pending.isRepeatable) this.#fail(pending, "unknown_outcome");
      else this.#wait(pending);
    }
  }

  /** Nobody comes back. */
  close(): void {
    this.#write = null;
    for (const pending of [...this.#pending.values()]) this.#fail(pending, "closed");
  }

  /** `ack` or `error` came; whether it was about one of these. */
  answered(event: "ack" | "error", data: Record<string, unknown>): boolean {
    const pending = this.#pending.get(String(data.id));
    if (pending === undefined) return false;
    if (pending.timer !== null) clearTimeout(pending.timer);
    const code = String(data.code);
    if (event === "error" && PASSING.has(code) && pending.isRepeatable) {
      pending.timer = setTimeout(() => this.#repeat(pending), this.#pause(pending));
      return true;
    }
    this.#pending.delete(pending.id);
    if (event === "ack") pending.resolve(data);
    else pending.reject(new Refused(code, String(data.message)));
    return true;
  }

  #say(pending: Pending): void {
    this.#budget.earn();
    this.#put(pending);
  }

  /** Again, if that is within the budget; else a little later. */
  #repeat(pending: Pending): void {
    if (Date.now() >= pending.due) this.#fail(pending, "unknown_outcome");
    else if (this.#write === null) this.#wait(pending);
    else if (this.#budget.spend(Date.now())) this.#put(pending);
    else pending.timer = setTimeout(() => this.#repeat(pending), this.#pause(pending));
  }

  #put(pending: Pending): void {
    pending.isSaid = true;
    this.#write?.(pending.text);
    pending.timer = setTimeout(() => this.#onSilence(pending), ANSWER_MS);
  }

  #onSilence(pending: Pending): void {
    if (!pending.isRepeatable) this.#fail(pending, "unknown_outcome");
    else pending.timer = setTimeout(() => this.#repeat(pending), this.#pause(pending));
  }

  #pause(pending: Pending): number {
    return retryDelay(pending.attempt++, Math.random());
  }

  /** For a connection, as long as its caller wants to. */
  #wait(pending: Pending): void {
    const left = Math.max(0, pending.due - Date.now());
    const code = pending.isSaid ? "unknown_outcome" : "not_sent";
    pending.timer = setTimeout(() => this.#fail(pending, code), left);
  }

  #fail(pending: Pending, why: Unanswered["why"]): void {
    if (pending.timer !== null) clearTimeout(pending.timer);
    this.#pending.delete(pending.id);
    pending.reject(new Unanswered(why));
  }
}
