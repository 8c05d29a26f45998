/** What the sync chip says. One named status, never a set of flags. */
export type Status =
  | { name: "connecting" }
  | { name: "saved"; at: number | null }
  | { name: "saving" }
  | { name: "offline"; changes: number }
  | { name: "notSaving"; reason: string }
  | { name: "signedOut" }
  | { name: "accessEnded" }
  | { name: "gone" }
  | { name: "tooLarge" }
  | { name: "restarting"; changes: number }
  | { name: "newVersion" }
  | { name: "readOnly" }
  | { name: "otherGeneration" };

/** Everything the status follows from. */
export interface Facts {
  isOnline: boolean;
  isConnected: boolean;
  isSynced: boolean;
  wasSynced: boolean;
  unsaved: number;
  savedAt: number | null;
  refusal: string | null;
  trouble: string | null;
  closedWith: number | null;
  role: "edit" | "view" | null;
  isOlder: boolean;
  isOtherGeneration: boolean;
}

/** Someone who types sees "Saving…" until a pause, not a flicker at each key. */
export const SAVED_AFTER_MS = 300;

/** The status at `now`. Pure: "saved" only when nothing is unacknowledged on a live, synced connection. */
export function statusOf(facts: Facts, now: number): Status {
  if (facts.isOtherGeneration) return { name: "otherGeneration" };
  if (facts.isOlder) return { name: "newVersion" };
  const ended = endedBy(facts.closedWith);
  if (ended) return ended;
  if (facts.refusal !== null) return { name: "notSaving", reason: facts.refusal };
  if (!facts.isConnected || !facts.isOnline) {
    if (!facts.wasSynced && facts.unsaved === 0 && facts.isOnline) return { name: "connecting" };
    if (facts.closedWith === 1012) return { name: "restarting", changes: facts.unsaved };
    return { name: "offline", changes: facts.unsaved };
  }
  if (!facts.isSynced) return facts.unsaved > 0 ? { name: "saving" } : { name: "connecting" };
  if (facts.trouble !== null) return { name: "notSaving", reason: facts.trouble };
  if (facts.role === "view") return { name: "readOnly" };
  if (facts.unsaved > 0) return { name: "saving" };
  if (facts.savedAt !== null && now - facts.savedAt < SAVED_AFTER_MS) return { name: "saving" };
  return { name: "saved", at: facts.savedAt };
}

function endedBy(code: number | null): Status | null {
  if (code === 4401) return { name: "signedOut" };
  if (code === 4403) return { name: "accessEnded" };
  if (code === 4404) return { name: "gone" };
  if (code === 4409) return { name: "newVersion" };
  if (code === 4413 || code === 1009) return { name: "tooLarge" };
  if (code === 4400) return { name: "notSaving", reason: "The server did not accept an edit." };
  if (code === 4429) return { name: "notSaving", reason: "Too many requests." };
  return null;
}
