import { en, type Texts } from "./en";
import { zh } from "./zh";

export type Language = "en" | "zh";

const KEPT = "quillroom:language";

export function language(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language.startsWith("zh") ? "zh" : "en";
}

/** Takes effect on the next load: texts are read once. A browser that keeps nothing stays with its own. */
export function setLanguage(next: Language): void {
  try {
    localStorage.setItem(KEPT, next);
  } catch {
    return;
  }
  location.reload();
}

export const t: Texts = language() === "zh" ? zh : en;

/** Of accounts: coming in, one's own settings, the administration. */
export const a: Texts["accounts"] = t.accounts;

/** Of files and voice in the chat. */
export const m: Texts["media"] = t.media;

/** Of the chat. */
export const c: Texts["chat"] = t.chat;

/** Of finding what was said. */
export const s: Texts["search"] = t.search;

/** Of the inbox, and what one decides about it. */
export const n: Texts["notifications"] = t.notifications;

/** Of who is here. */
export const p: Texts["presence"] = t.presence;
