/** Mentions, as they are written ("@Ann") and as they are said ("@[Ann](person:ID)"). */
export interface Name {
  id: string;
  name: string;
}

const SAID = /@\[([^\]\n]{1,100})\]\(person:([\w-]{1,64})\)/g;

/** A name that can stand between brackets. */
export const writable = (name: string): string => name.replace(/[[\]\n\\]/g, "").slice(0, 100);

/** What is sent for what was written. */
export function toSaid(written: string, names: readonly Name[]): string {
  // The longest first: "@Ann Lee" is not "@Ann".
  const known = [...names].sort((one, other) => other.name.length - one.name.length);
  let said = "";
  for (let at = 0; at < written.length; ) {
    const name = known.find((each) => isAt(written, at, `@${each.name}`));
    said += name ? `@[${name.name}](person:${name.id})` : written[at];
    at += name ? name.name.length + 1 : 1;
  }
  return said;
}

function isAt(text: string, at: number, wanted: string): boolean {
  return text.startsWith(wanted, at) && !/[\p{L}\p{N}_]/u.test(text[at + wanted.length] ?? "");
}

/** What is shown to whoever edits it. */
export function toWritten(said: string): { text: string; names: Name[] } {
  const names: Name[] = [];
  const text = said.replace(SAID, (_, name: string, id: string) => {
    names.push({ id, name });
    return `@${name}`;
  });
  return { text, names };
}
