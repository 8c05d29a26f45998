/** Remembers, across reload, which generation is held here and whether it has changes the server lacks. */
export interface Held {
  generation: string;
  unsaved: number;
}

const key = (document: string) => `quillroom:held:${document}`;

export function readHeld(document: string): Held | null {
  try {
    const text = localStorage.getItem(key(document));
    return text === null ? null : (JSON.parse(text) as Held);
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
