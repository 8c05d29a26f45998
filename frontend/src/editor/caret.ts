const SHOWN_MS = 2000;

/** Another person's caret: a line in their colour; the name shows while they move, then on hover. */
export function renderCaret(user: Record<string, string>): HTMLElement {
  const caret = document.createElement("span");
  caret.className = "caret";
  caret.style.borderColor = user.color ?? "#5A616C";
  caret.dataset.person = user.id ?? "";
  const flag = document.createElement("span");
  flag.className = "caret-flag";
  flag.style.background = user.color ?? "#5A616C";
  flag.textContent = user.name ?? "";
  caret.append(flag);
  caret.classList.add("is-new");
  setTimeout(() => caret.classList.remove("is-new"), SHOWN_MS);
  return caret;
}
