const SHOWN_MS = 2500;
/** Long enough to read, to think, and to reach the button. */
const SHOWN_WITH_BUTTON_MS = 8000;

export interface ToastAction {
  label: string;
  run: () => void;
}

/** One sentence at the bottom, gone by itself; perhaps with one thing to do about it. */
export function toast(text: string, action?: ToastAction): void {
  // One at a time: two would lie on each other.
  for (const earlier of document.querySelectorAll(".toast")) earlier.remove();
  const element = document.createElement("div");
  element.className = "toast";
  element.setAttribute("role", "status");
  element.append(text);
  if (action) element.append(buttonOf(action, () => element.remove()));
  document.body.append(element);
  setTimeout(() => element.remove(), action ? SHOWN_WITH_BUTTON_MS : SHOWN_MS);
}

function buttonOf(action: ToastAction, close: () => void): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = action.label;
  button.addEventListener("click", () => {
    close();
    action.run();
  });
  return button;
}
