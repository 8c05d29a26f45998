/** Who is typing, and saying that I am: seldom, and never for long. */
import type { Person } from "../../protocol/control";
import type { Wire } from "./wire";

const SAY_EVERY_MS = 3000;
const IDLE_MS = 5000;
/** Whoever has gone without a word types no more. */
const BELIEVED_MS = 7000;

export class Typing {
  #wire: Wire;
  #document: string;
  #onChange: () => void;
  #others = new Map<string, { person: Person; timer: ReturnType<typeof setTimeout> }>();
  #people: readonly Person[] = [];
  #saidAt = 0;
  #idle: ReturnType<typeof setTimeout> | null = null;

  constructor(wire: Wire, document: string, onChange: () => void) {
    this.#wire = wire;
    this.#document = document;
    this.#onChange = onChange;
  }

  people = (): readonly Person[] => this.#people;

  type(): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.stop(), IDLE_MS);
    const now = Date.now();
    if (now - this.#saidAt < SAY_EVERY_MS) return;
    this.#saidAt = now;
    this.#wire.tell("typing", { document: this.#document, is_typing: true });
  }

  stop(): void {
    if (this.#idle !== null) clearTimeout(this.#idle);
    if (this.#saidAt === 0) return;
    this.#saidAt = 0;
    this.#wire.tell("typing", { document: this.#document, is_typing: false });
  }

  heard(person: Person, isTyping: boolean): void {
    this.#forget(person.id);
    if (isTyping) {
      const timer = setTimeout(() => this.ended(person.id), BELIEVED_MS);
      this.#others.set(person.id, { person, timer });
    }
    this.#tell();
  }

  ended(person: string): void {
    if (!this.#others.has(person)) return;
    this.#forget(person);
    this.#tell();
  }

  close(): void {
    this.stop();
    for (const id of [...this.#others.keys()]) this.#forget(id);
  }

  #forget(person: string): void {
    clearTimeout(this.#others.get(person)?.timer);
    this.#others.delete(person);
  }

  #tell(): void {
    this.#people = [...this.#others.values()].map(({ person }) => person);
    this.#onChange();
  }
}
