import type { Person } from "../protocol/frames";

export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)].map((w) => [...(w ?? "")][0]) : [...name].slice(0, 2);
  return letters.join("").toUpperCase();
}

export function Face({ person, onClick }: { person: Person; onClick?: () => void }) {
  const style = { background: person.colour };
  if (!onClick) {
    return (
      <span className="face" style={style} title={person.name} role="img" aria-label={person.name}>
        {initials(person.name)}
      </span>
    );
  }
  return (
    <button type="button" className="face" style={style} title={person.name} aria-label={person.name} onClick={onClick}>
      {initials(person.name)}
    </button>
  );
}

const SHOWN = 6;

export function Faces({ people, onClick }: { people: Person[]; onClick?: (person: Person) => void }) {
  if (people.length === 0) return null;
  return (
    <div className="faces">
      {people.slice(0, SHOWN).map((person) => (
        <Face key={person.id} person={person} {...(onClick ? { onClick: () => onClick(person) } : {})} />
      ))}
      {people.length > SHOWN && <span className="face rest">+{people.length - SHOWN}</span>}
    </div>
  );
}
