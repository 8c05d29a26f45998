/** Whom a page is given to, before they are invited. */
import type { Person } from "../../protocol/frames";

export type Member = Person & { email: string | null };

export interface Chip {
  /** A person's id, or an e-mail address. */
  who: string;
  text: string;
}

export function isMail(text: string): boolean {
  return /^[^\s@,;]+@[^\s@,;]+\.[^\s@,;]+$/.test(text.trim());
}

const SHOWN = 6;

/** Members that what was typed may mean, without those who are there or chosen already. */
export function suggestionsFor(
  typed: string,
  members: readonly Member[],
  without: ReadonlySet<string>,
): Member[] {
  const wanted = typed.trim().toLocaleLowerCase();
  if (wanted === "") return [];
  const matches = ({ name, email }: Member) =>
    name.toLocaleLowerCase().includes(wanted) || email?.toLocaleLowerCase().startsWith(wanted);
  return members.filter((each) => !without.has(each.id) && matches(each)).slice(0, SHOWN);
}
