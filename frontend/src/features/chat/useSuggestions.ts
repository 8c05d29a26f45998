import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { fetchPeople } from "../../api/sharing";
import type { Person } from "../../protocol/control";
import { writable } from "../../sync/chat/mentions";
import { findEmoji } from "./emoji";
import { type Asked, askedAt, findPeople } from "./suggest";

export interface Suggestion {
  key: string;
  /** Put in place of what was typed. */
  text: string;
  label: string;
  person?: Person;
  emoji?: string;
}

/** What completes the word at the caret, and which of it is chosen. */
export function useSuggestions(
  text: string,
  caret: number | null,
  people: ReadonlyMap<string, Person>,
  me: string,
) {
  const [closedAt, setClosed] = useState<string | null>(null);
  const [chosen, setChosen] = useState(0);
  const asked = caret === null ? null : askedAt(text, caret);
  const kind = asked?.kind;
  const query = asked?.query ?? "";
  const everybody = useEverybody(people, me, kind === "mention");
  const sign = asked === null ? null : `${asked.kind}${asked.from}`;
  const found = useMemo(
    () => (kind === undefined ? [] : suggestionsFor(kind, query, everybody)),
    [kind, query, everybody],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: other suggestions begin at the first one
  useEffect(() => setChosen(0), [found]);
  useEffect(() => {
    if (sign === null) setClosed(null);
  }, [sign]);
  const isOpen = found.length > 0 && sign !== closedAt;
  return {
    asked: isOpen ? asked : null,
    found: isOpen ? found : [],
    chosen: Math.min(chosen, found.length - 1),
    move: (by: number) => setChosen((chosen + by + found.length) % found.length),
    close: () => setClosed(sign),
  };
}

function suggestionsFor(
  kind: Asked["kind"],
  query: string,
  people: readonly Person[],
): Suggestion[] {
  if (kind === "emoji") {
    return findEmoji(query, 8).map(({ emoji, name }) => ({
      key: emoji,
      text: `${emoji} `,
      label: name,
      emoji,
    }));
  }
  return findPeople(people, query).map((person) => ({
    key: person.id,
    text: `@${writable(person.name)} `,
    label: person.name,
    person,
  }));
}

/** Who is in the chat, and the members of the workspace where one may know them. */
function useEverybody(
  people: ReadonlyMap<string, Person>,
  me: string,
  isWanted: boolean,
): readonly Person[] {
  const { data } = useQuery({
    queryKey: ["people"],
    queryFn: fetchPeople,
    enabled: isWanted,
    staleTime: 60_000,
    retry: false,
  });
  return useMemo(() => {
    const all = new Map(people);
    for (const { id, name, colour, avatar = null } of data ?? []) {
      all.set(id, { id, name, colour, avatar });
    }
    all.delete(me);
    return [...all.values()];
  }, [people, data, me]);
}
