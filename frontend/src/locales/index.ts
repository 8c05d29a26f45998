import { en, type Texts } from "./en";
import { zh } from "./zh";

export type Language = "en" | "zh";

const KEPT = "quillroom:language";

export function language(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === "en" || kept === "zh") return kept;
  return navigator.language.startsWith("zh") ? "zh" : "en";
}

/** Takes effect on the next load: texts are read once. */
export function setLanguage(next: Language): void {
  localStorage.setItem(KEPT, next);
  location.reload();
}

export const t: Texts = language() === "zh" ? zh : en;
