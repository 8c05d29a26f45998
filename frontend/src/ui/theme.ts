export type Theme = "system" | "light" | "dark";

const KEPT = "quillroom:theme";

export function theme(): Theme {
  const kept = localStorage.getItem(KEPT);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export function applyTheme(next: Theme = theme()): void {
  localStorage.setItem(KEPT, next);
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
}
