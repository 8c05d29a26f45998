import { t } from "../locales";
import type { Person } from "../protocol/frames";

export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters =
    words.length > 1
      ? [words[0], words.at(-1)].map((word) => [...(word ?? "")][0])
      : [...name].slice(0, 2);
  return letters.join("").toUpperCase();
}

/** A picture lies on the initials, so that nothing is missing while it comes, or when it does not. */
function Likeness({ person }: { person: Person }) {
  return (
    <>
      {initials(person.name)}
      {person.avatar?.startsWith("/api/people/") && <img src={person.avatar} alt="" />}
    </>
  );
}

interface FaceProps {
  person: Person;
  onClick?: () => void;
  isAway?: boolean;
  /** What more there is to say than the name. */
  details?: string;
}

export function Face({ person, onClick, isAway = false, details = person.name }: FaceProps) {
  const style = { background: person.colour };
  const look = isAway ? "face away" : "face";
  if (!onClick) {
    return (
      <span className={look} style={style} title={details} role="img" aria-label={details}>
        <Likeness person={person} />
      </span>
    );
  }
  return (
    <button
      type="button"
      className={look}
      style={style}
      title={details}
      aria-label={t.followFace(person.name, initials(person.name))}
      onClick={onClick}
    >
      <Likeness person={person} />
    </button>
  );
}

const SHOWN = 6;

export function Faces({ people }: { people: Person[] }) {
  if (people.length === 0) return null;
  const rest = people.slice(SHOWN);
  const more = t.morePeople(rest.length, rest.map((person) => person.name).join(", "));
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields
    <div className="faces" role="group" aria-label={t.peopleHere}>
      {people.slice(0, SHOWN).map((person) => (
        <Face key={person.id} person={person} />
      ))}
      {rest.length > 0 && (
        <span className="face rest" role="img" aria-label={more} title={more}>
          +{rest.length}
        </span>
      )}
    </div>
  );
}
