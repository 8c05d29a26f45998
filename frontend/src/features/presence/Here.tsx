import { Popover } from "radix-ui";
import { useState } from "react";
import { p, t } from "../../locales";
import type { Person } from "../../protocol/frames";
import { Face } from "../../ui/Face";
import { ago } from "../../ui/time";
import type { Presence, Present } from "./usePresence";

const SHOWN = 6;

interface Props {
  presence: Presence;
  me: Person | null;
  onFollow: (person: Person) => void;
}

/** The faces of everybody here, the others before oneself; a press on one follows it, "+n" lists all. */
export function Here({ presence, me, onFollow }: Props) {
  const people = othersFirst(presence.people, me);
  const hidden = presence.count - Math.min(people.length, SHOWN);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields
    <div
      className="faces"
      role="group"
      aria-label={t.peopleHere}
      {...(presence.is_local ? { title: p.local } : {})}
    >
      {people.slice(0, SHOWN).map((each) => (
        <Face
          key={each.person.id}
          person={each.person}
          isAway={each.state === "idle"}
          details={presence.is_local ? `${described(each)}\n${p.local}` : described(each)}
          {...(each.person.id === me?.id ? {} : { onClick: () => onFollow(each.person) })}
        />
      ))}
      {presence.count > 1 && (
        <Everyone presence={presence} people={people} hidden={hidden} me={me} onFollow={onFollow} />
      )}
    </div>
  );
}

function Everyone({
  presence,
  people,
  hidden,
  me,
  onFollow,
}: Props & { people: Present[]; hidden: number }) {
  const [isOpen, setIsOpen] = useState(false);
  const seen = hidden > 0 ? `+${hidden}` : String(presence.count);
  const unlisted = presence.count - people.length;
  return (
    <Popover.Root open={isOpen} onOpenChange={setIsOpen}>
      <Popover.Trigger
        className={hidden > 0 ? "face rest" : "face rest few"}
        aria-label={p.everyone(seen)}
        title={p.everyone(seen)}
      >
        {seen}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="menu here"
          align="end"
          sideOffset={6}
          aria-label={p.everyone(seen)}
        >
          <ul>
            {people.map((each) => {
              const isMe = each.person.id === me?.id;
              return (
                <li key={each.person.id}>
                  <Face person={each.person} isAway={each.state === "idle"} />
                  <span className="present">
                    <b>{isMe ? p.you(each.person.name) : each.person.name}</b>
                    <span className="muted small">
                      {doingOf(each)} · {p.devices(each.devices)}
                    </span>
                  </span>
                  {!isMe && (
                    <button
                      type="button"
                      className="button small"
                      aria-label={p.follow(each.person.name)}
                      onClick={() => {
                        setIsOpen(false);
                        onFollow(each.person);
                      }}
                    >
                      {p.followShort}
                    </button>
                  )}
                </li>
              );
            })}
          </ul>
          {unlisted > 0 && <p className="muted small">{p.more(unlisted)}</p>}
          {presence.is_local && <p className="muted small">{p.local}</p>}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function doingOf({ state, doing, seen_at }: Present): string {
  if (state === "idle") return seen_at === null ? p.away : p.awaySince(ago(seen_at));
  return doing === "editing" ? p.editing : p.viewing;
}

const described = (each: Present): string =>
  p.described(each.person.name, doingOf(each), p.devices(each.devices));

function othersFirst(people: readonly Present[], me: Person | null): Present[] {
  const others = people.filter(({ person }) => person.id !== me?.id);
  return [...others, ...people.filter(({ person }) => person.id === me?.id)];
}
