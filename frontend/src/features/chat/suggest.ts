/** What is being typed at the caret that can be completed: "@ann", ":smi". */

export interface Asked {
  kind: "mention" | "emoji";
  query: string;
  /** Where the sign stands. */
  from: number;
  to: number;
}

const MENTION = /(?:^|[\s(])@([\p{L}\p{N}_.-]{0,30}(?: [\p{L}\p{N}_.-]{1,20})?)$/u;
const EMOJI = /(?:^|[\s(]):([\p{L}][\p{L}\p{N}_+-]{1,20})$/u;

export function askedAt(text: string, caret: number): Asked | null {
  const before = text.slice(Math.max(0, caret - 60), caret);
  const mention = MENTION.exec(before)?.[1];
  if (mention !== undefined) {
    return { kind: "mention", query: mention, from: caret - mention.length - 1, to: caret };
  }
  const emoji = EMOJI.exec(before)?.[1];
  if (emoji === undefined) return null;
  return { kind: "emoji", query: emoji, from: caret - emoji.length - 1, to: caret };
}

/** People by the beginning of any of their names, then by what is in it. */
export function findPeople<Person extends { name: string }>(
  people: readonly Person[],
  query: string,
  limit = 8,
): Person[] {
  const wanted = query.toLocaleLowerCase();
  const rank = ({ name }: Person) => {
    const lower = name.toLocaleLowerCase();
    if (lower.startsWith(wanted)) return 0;
    if (lower.split(/\s+/).some((word) => word.startsWith(wanted))) return 1;
    return lower.includes(wanted) ? 2 : 3;
  };
  return people
    .map((person) => ({ person, at: rank(person) }))
    .filter(({ at }) => at < 3)
    .sort((one, other) => one.at - other.at || one.person.name.localeCompare(other.person.name))
    .slice(0, limit)
    .map(({ person }) => person);
}
