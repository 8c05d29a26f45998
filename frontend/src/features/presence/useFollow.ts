import { useCallback, useEffect, useState } from "react";
import { p } from "../../locales";
import type { Person } from "../../protocol/frames";
import type { DocumentSession } from "../../sync/session";
import { toast } from "../../ui/toast";
import type { Presence } from "./usePresence";

/** What somebody does who wants to look elsewhere. */
const OWN_WAY = ["wheel", "touchmove", "keydown", "pointerdown"] as const;
const FLAG_MS = 2000;

export interface Follow {
  person: Person | null;
  /** Whether their cursor stands in the text. */
  isInSight: boolean;
  begin: (person: Person) => void;
  stop: () => void;
}

/** Keeps another person's cursor in sight until one goes one's own way, or they leave. */
export function useFollow(session: DocumentSession, presence: Presence | null): Follow {
  const [person, setPerson] = useState<Person | null>(null);
  const [isInSight, setIsInSight] = useState(false);
  const stop = useCallback(() => setPerson(null), []);
  const id = person?.id;

  useEffect(() => {
    if (id === undefined) return;
    const look = () => setIsInSight(showCaret(id));
    const onChange = () => requestAnimationFrame(look);
    const onOwnWay = (event: Event) => {
      if (!(event.target as Element | null)?.closest?.(".following, .faces")) stop();
    };
    look();
    markCaret(id);
    session.awareness.on("change", onChange);
    for (const name of OWN_WAY) window.addEventListener(name, onOwnWay, { capture: true });
    return () => {
      session.awareness.off("change", onChange);
      for (const name of OWN_WAY) window.removeEventListener(name, onOwnWay, { capture: true });
    };
  }, [id, session, stop]);

  const isGone =
    person !== null &&
    presence !== null &&
    presence.people.length === presence.count &&
    !presence.people.some((each) => each.person.id === person.id);
  useEffect(() => {
    if (!isGone || person === null) return;
    toast(p.hasLeft(person.name));
    stop();
  }, [isGone, person, stop]);

  return { person, isInSight, begin: setPerson, stop };
}

function caretOf(person: string): HTMLElement | null {
  return document.querySelector(`.caret[data-person="${CSS.escape(person)}"]`);
}

/** Whether there is one to show. Nothing moves while it stands in the middle of the window. */
function showCaret(person: string): boolean {
  const caret = caretOf(person);
  if (caret === null) return false;
  const { top, bottom } = caret.getBoundingClientRect();
  if (top < innerHeight * 0.2 || bottom > innerHeight * 0.8) {
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    caret.scrollIntoView({ block: "center", behavior: isCalm ? "auto" : "smooth" });
  }
  return true;
}

/** The flag with the name, for as long as after a keystroke. */
function markCaret(person: string): void {
  caretOf(person)?.classList.add("is-moving");
  setTimeout(() => caretOf(person)?.classList.remove("is-moving"), FLAG_MS);
}
