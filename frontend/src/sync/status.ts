/** What the sync chip says. One named status, never a set of flags. */
import { Close, isFinal } from "../protocol/closes";
import { mayWrite, type Role } from "../protocol/control";

export type Status =
  | { name: "connecting" }
  | { name: "saved"; at: number | null }
  | { name: "saving" }
  | { name: "offline"; changes: number }
  | { name: "notSaving"; reason: string; code: string }
  | { name: "signedOut" }
  | { name: "accessEnded" }
  | { name: "gone" }
  | { name: "tooLarge" }
  | { name: "restarting"; changes: number }
  | { name: "newVersion" }
  /** `kept`: how many changes of this browser came too late for the right to write. */
  | { name: "readOnly"; kept: number }
  | { name: "otherGeneration" };

/** Everything the status follows from. */
export interface Facts {
  isOnline: boolean;
  isConnected: boolean;
  /** Both sides have what the other had when they met, and the server has committed it. */
  isSynced: boolean;
  wasSynced: boolean;
  /** The text on the page comes from this browser. */
  isCached: boolean;
  unsaved: number;
  /** Something was sent on this connection, and the server has not yet said whether it is committed or refused. */
  isAwaited: boolean;
  savedAt: number | null;
  refusal: { count: number; code: string; message: string } | null;
  trouble: string | null;
  closedWith: number | null;
  role: Role | null;
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
  // A reader's refusal is about words that were on their way when the role was lowered: `kept` tells of them.
  if (facts.refusal !== null && (facts.role === null || mayWrite(facts.role))) {
    return { name: "notSaving", reason: facts.refusal.message, code: facts.refusal.code };
  }
  if (!facts.isConnected || !facts.isOnline) return away(facts);
  if (facts.trouble !== null && mayWrite(facts.role)) {
    return { name: "notSaving", reason: facts.trouble, code: "storage" };
  }
  if (!mayWrite(facts.role)) return reading(facts);
  if (!facts.isSynced) return facts.unsaved > 0 ? { name: "saving" } : { name: "connecting" };
  if (facts.unsaved > 0) return { name: "saving" };
  if (facts.savedAt !== null && now - facts.savedAt < SAVED_AFTER_MS) return { name: "saving" };
  return { name: "saved", at: facts.savedAt };
}

function reading({ wasSynced, isAwaited, unsaved }: Facts): Status {
  if (isAwaited) return { name: "saving" };
  return wasSynced ? { name: "readOnly", kept: unsaved } : { name: "connecting" };
}

/** Whether the chip says the same for both. */
export function isSameStatus(a: Status, b: Status): boolean {
  // Flat, and made in one place: the order of the fields is the same.
  return JSON.stringify(a) === JSON.stringify(b);
}

const RESTARTING: readonly number[] = [Close.goingAway, Close.restart, Close.draining];

function away(facts: Facts): Status {
  const isFirstTry = facts.closedWith === null || !facts.isCached;
  if (facts.isOnline && !facts.wasSynced && facts.unsaved === 0 && isFirstTry) {
    return { name: "connecting" };
  }
  if (facts.isOnline && RESTARTING.includes(facts.closedWith ?? 0)) {
    return { name: "restarting", changes: facts.unsaved };
  }
  return { name: "offline", changes: facts.unsaved };
}

function endedBy(code: number | null): Status | null {
  switch (code) {
    case Close.signedOut:
      return { name: "signedOut" };
    case Close.accessEnded:
      return { name: "accessEnded" };
    case Close.gone:
      return { name: "gone" };
    case Close.schemaTooOld:
      return { name: "newVersion" };
    case Close.documentFull:
    case Close.tooBig:
      return { name: "tooLarge" };
    case Close.slowDown:
      return { name: "notSaving", reason: "Too many requests.", code: "slow_down" };
    case Close.badFrame:
      return {
        name: "notSaving",
        reason: "The server did not accept an edit.",
        code: "bad_frame",
      };
  }
  if (code === null || !isFinal(code)) return null;
  // It will not come back by itself: "offline" would promise that it does.
  return {
    name: "notSaving",
    reason: `The server ended the connection (${code}).`,
    code: "closed",
  };
}
