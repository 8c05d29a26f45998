/** Remembers, across reload, what is held here of a document for one person, and how many changes the server lacks. */
export interface Held {
  generation: string;
  unsaved: number;
  /** The newest schema that wrote into the copy: an older bundle must not even read it. */
  schema: number;
}

/** A document as one person has it in this browser: what is kept for one is never shown to another. */
export type Place = `${string}/${string}`;

export const placeOf = (person: string, document: string): Place => `${person}/${document}`;

const HELD = "quillroom:held:";

const key = (place: Place) => `${HELD}${place}`;
const takeKey = (place: Place) => `quillroom:take:${place}`;

/** All places of one person of which something is held. */
export function placesOf(person: string): Place[] {
  try {
    return Object.keys(localStorage)
      .filter((name) => name.startsWith(`${HELD}${person}/`))
      .map((name) => name.slice(HELD.length) as Place);
  } catch {
    return [];
  }
}

/** The name of the copy in IndexedDB. */
export function copyName(place: Place, generation: string): string {
  const take = takeOf(place);
  return `quillroom:${place}:${generation}${take > 0 ? `:${take}` : ""}`;
}

export function readHeld(place: Place): Held | null {
  try {
    const text = localStorage.getItem(key(place));
    return text === null ? null : asHeld(JSON.parse(text));
  } catch {
    return null;
  }
}

/** False when this browser keeps nothing (private mode, storage full). */
export function writeHeld(place: Place, held: Held): boolean {
  try {
    localStorage.setItem(key(place), JSON.stringify(held));
    return true;
  } catch {
    return false;
  }
}

/** The copy itself stays in IndexedDB, under its generation. */
export function forgetHeld(place: Place): void {
  try {
    localStorage.removeItem(key(place));
  } catch {
    // Nothing was held.
  }
}

/** Which copy of a document is in use here: one that cannot be sent any more is left behind, never overwritten. */
export function takeOf(place: Place): number {
  try {
    return Number(localStorage.getItem(takeKey(place)) ?? 0);
  } catch {
    return 0;
  }
}

/** From the next visit on, an empty copy is used. */
export function leaveTake(place: Place): void {
  forgetHeld(place);
  try {
    localStorage.setItem(takeKey(place), String(takeOf(place) + 1));
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
