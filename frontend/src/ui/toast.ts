const SHOWN_MS = 2500;

/** One sentence at the bottom, gone by itself. */
export function toast(text: string): void {
  const element = document.createElement("div");
  element.className = "toast";
  element.setAttribute("role", "status");
  element.textContent = text;
  document.body.append(element);
  setTimeout(() => element.remove(), SHOWN_MS);
}
