/** Remembers, across reload, what is held here of a document and how many changes the server lacks. */
export interface Held {
  generation: string;
  unsaved: number;
  /** The newest schema that wrote into the copy: an older bundle must not even read it. */
  schema: number;
}

const key = (document: string) => `quillroom:held:${document}`;
const takeKey = (document: string) => `quillroom:take:${document}`;

export function readHeld(document: string): Held | null {
  try {
    const text = localStorage.getItem(key(document));
    return text === null ? null : asHeld(JSON.parse(text));
  } catch {
    return null;
  }
}

/** False when this browser keeps nothing (private mode, storage full). */
export function writeHeld(document: string, held: Held): boolean {
  try {
    localStorage.setItem(key(document), JSON.stringify(held));
    return true;
  } catch {
    return false;
  }
}

/** The copy itself stays in IndexedDB, under its generation. */
export function forgetHeld(document: string): void {
  try {
    localStorage.removeItem(key(document));
  } catch {
    // Nothing was held.
  }
}

/** Which copy of a document is in use here: one that cannot be sent any more is left behind, never overwritten. */
export function takeOf(document: string): number {
  try {
    return Number(localStorage.getItem(takeKey(document)) ?? 0);
  } catch {
    return 0;
  }
}

/** From the next visit on, an empty copy is used. */
export function leaveTake(document: string): void {
  forgetHeld(document);
  try {
    localStorage.setItem(takeKey(document), String(takeOf(document) + 1));
  } catch {
    // Without storage there is no copy to leave.
  }
}

function asHeld(value: Partial<Held> | null): Held | null {
  if (typeof value?.generation !== "string") return null;
  return {
    generation: value.generation,
    unsaved: typeof value.unsaved === "number" ? value.unsaved : 0,
    schema: typeof value.schema === "number" ? value.schema : 0,
  };
}
