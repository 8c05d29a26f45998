/** What this browser keeps of somebody's documents, and what of it goes when they leave: the computer may be shared. */
import { hasUnsent, unsentName } from "./chat/storage";
import { forgetHeld, type Place, placesOf, readHeld } from "./pending";
import { uploadsName } from "./uploadShelf";

const PATIENCE_MS = 1000;

/** Everything the server has goes. Words that it lacks stay, and are shown to their author alone. */
export async function forgetCopies(person: string): Promise<void> {
  const places = placesOf(person);
  const unsaved = places.filter((place) => (readHeld(place)?.unsaved ?? 0) > 0);
  for (const place of places) if (!unsaved.includes(place)) forgetHeld(place);
  const saysMore = await hasUnsent(person);
  const isKept = (name: string) =>
    unsaved.some((place) => name.startsWith(`${prefix(place)}:`)) ||
    (saysMore && (name === unsentName(person) || name === uploadsName(person)));
  const names = (await copies()).filter(
    (name) => name.startsWith(`quillroom:${person}/`) || name === uploadsName(person),
  );
  await Promise.all(names.filter((name) => !isKept(name)).map(remove));
}

const prefix = (place: Place) => `quillroom:${place}`;

async function copies(): Promise<string[]> {
  try {
    return (await indexedDB.databases()).flatMap(({ name }) => name ?? []);
  } catch {
    return [];
  }
}

/** Also with a window that still has it open: it goes when that one lets go. */
function remove(name: string): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => resolve();
    request.onerror = () => resolve();
    setTimeout(resolve, PATIENCE_MS);
  });
}
