import type { Awareness } from "y-protocols/awareness";

const SHOWN_MS = 2000;
const UNKNOWN = "#5a616c";

export interface Carets {
  /** Another person's caret: a line in their colour, and a flag with their name. */
  render: (user: Record<string, string>) => HTMLElement;
  /** Shows the flag of whoever moves or types, for two seconds: longer, it would cover the line above. */
  watch: (awareness: Awareness, root: HTMLElement) => () => void;
}

export function createCarets(): Carets {
  // Kept beside the elements: the editor draws a caret anew whenever its line changes.
  const moving = new Map<string, ReturnType<typeof setTimeout>>();
  const cursors = new Map<number, string>();

  const render = (user: Record<string, string>) => {
    const caret = document.createElement("span");
    caret.className = moving.has(user.id ?? "") ? "caret is-moving" : "caret";
    caret.style.setProperty("--person", user.color ?? UNKNOWN);
    caret.dataset.person = user.id ?? "";
    const flag = document.createElement("span");
    flag.className = "caret-flag";
    flag.textContent = user.name ?? "";
    // A letter without width on either side: at an inline element without text Chromium's End key stays where it is.
    caret.append("\u2060", flag, "\u2060");
    return caret;
  };

  const watch = (awareness: Awareness, root: HTMLElement) => {
    const mark = (person: string, isMoving: boolean) => {
      for (const caret of root.querySelectorAll(`.caret[data-person="${CSS.escape(person)}"]`)) {
        caret.classList.toggle("is-moving", isMoving);
      }
    };
    const settle = (person: string) => {
      moving.delete(person);
      mark(person, false);
    };
    const look = ({ added, updated }: { added: number[]; updated: number[] }) => {
      for (const client of [...added, ...updated]) {
        const state = awareness.getStates().get(client);
        const person = (state?.user as { id?: string } | undefined)?.id;
        const cursor = JSON.stringify(state?.cursor ?? null);
        if (client === awareness.clientID || !person || cursors.get(client) === cursor) continue;
        cursors.set(client, cursor);
        clearTimeout(moving.get(person));
        moving.set(
          person,
          setTimeout(() => settle(person), SHOWN_MS),
        );
        mark(person, true);
      }
    };
    awareness.on("change", look);
    return () => {
      awareness.off("change", look);
      for (const timer of moving.values()) clearTimeout(timer);
      moving.clear();
    };
  };

  return { render, watch };
}

export function renderSelection(user: Record<string, string>): Record<string, string> {
  return { class: "remote-selection", style: `--person: ${user.color ?? UNKNOWN}` };
}
