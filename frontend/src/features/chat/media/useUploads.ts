import { useSyncExternalStore } from "react";
import type { Upload, Uploads } from "../../../sync/uploads";

const followed = new WeakMap<Uploads, Map<string, Upload[]>>();

/** The uploads of these keys, as they are now. */
export function useUploads(uploads: Uploads, keys: readonly string[]): Upload[] {
  return useSyncExternalStore(uploads.subscribe, () => snapshot(uploads, keys));
}

/** The same list while nothing in it changed: React compares by identity. */
function snapshot(uploads: Uploads, keys: readonly string[]): Upload[] {
  let known = followed.get(uploads);
  if (known === undefined) {
    known = new Map();
    followed.set(uploads, known);
  }
  const name = keys.join(" ");
  const found = uploads.of(keys);
  const before = known.get(name);
  if (before?.length === found.length && before.every((each, at) => each === found[at])) {
    return before;
  }
  known.set(name, found);
  return found;
}
