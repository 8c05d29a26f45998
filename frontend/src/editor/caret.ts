import type { Awareness } from "y-protocols/awareness";

const SHOWN_MS = 2000;
const UNKNOWN = "#5a616c";

/** Another person's caret: a line in their colour, and a flag with their name. */
export function renderCaret(user: Record<string, string>): HTMLElement {
  const caret = document.createElement("span");
  caret.className = "caret";
  caret.style.setProperty("--person", user.color ?? UNKNOWN);
  caret.dataset.person = user.id ?? "";
  const flag = document.createElement("span");
  flag.className = "caret-flag";
  flag.textContent = user.name ?? "";
  caret.append(flag);
  return caret;
}

export function renderSelection(user: Record<string, string>): Record<string, string> {
  return { class: "remote-selection", style: `--person: ${user.color ?? UNKNOWN}` };
}

/** Shows the flag of whoever moves or types, for two seconds: then it would only cover the line above. */
export function watchCarets(awareness: Awareness, root: () => HTMLElement): () => void {
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const last = new Map<number, string>();
  const mark = (person: string, isMoving: boolean) => {
    const found = root().querySelectorAll(`.caret[data-person="${CSS.escape(person)}"]`);
    for (const caret of found) caret.classList.toggle("is-moving", isMoving);
  };
  const look = ({ added, updated }: { added: number[]; updated: number[] }) => {
    for (const client of [...added, ...updated]) {
      const state = awareness.getStates().get(client);
      const person = (state?.user as { id?: string } | undefined)?.id;
      const cursor = JSON.stringify(state?.cursor ?? null);
      if (client === awareness.clientID || !person || last.get(client) === cursor) continue;
      last.set(client, cursor);
      clearTimeout(timers.get(person));
      // The caret itself is drawn on the next turn.
      setTimeout(() => mark(person, true), 0);
      timers.set(
        person,
        setTimeout(() => mark(person, false), SHOWN_MS),
      );
    }
  };
  awareness.on("change", look);
  return () => {
    awareness.off("change", look);
    for (const timer of timers.values()) clearTimeout(timer);
  };
}
