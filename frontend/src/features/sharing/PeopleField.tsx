import { Mail, X } from "lucide-react";
import { type KeyboardEvent, useId, useState } from "react";
import { t } from "../../locales";
import { Face } from "../../ui/Face";
import { type Chip, isMail, type Member, suggestionsFor } from "./who";

interface Props {
  chips: readonly Chip[];
  onChange: (chips: Chip[]) => void;
  typed: string;
  onType: (typed: string) => void;
  members: readonly Member[];
  /** People who have a grant already. */
  present: ReadonlySet<string>;
}

/** Names and addresses become chips; a combobox as the WAI-ARIA practices describe it. */
export function PeopleField({ chips, onChange, typed, onType, members, present }: Props) {
  const key = useId();
  const [chosen, setChosen] = useState(0);
  const without = new Set([...present, ...chips.map(({ who }) => who)]);
  const found = suggestionsFor(typed, members, without);
  const isAddress = isMail(typed);
  const count = found.length + (isAddress ? 1 : 0);
  const at = Math.min(chosen, count - 1);
  const add = (chip: Chip) => {
    if (!without.has(chip.who)) onChange([...chips, chip]);
    onType("");
    setChosen(0);
  };
  const take = (index: number) => {
    const member = found[index];
    if (member) add({ who: member.id, text: member.name });
    else if (isAddress) add({ who: typed.trim(), text: typed.trim() });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown") setChosen(Math.min(count - 1, at + 1));
    else if (event.key === "ArrowUp") setChosen(Math.max(0, at - 1));
    else if (["Enter", ",", ";"].includes(event.key) && count > 0) take(at);
    else if (event.key === "Backspace" && typed === "") onChange(chips.slice(0, -1));
    else if (event.key === "Escape" && typed !== "") {
      // Only the list closes, not the dialog around it.
      event.stopPropagation();
      onType("");
    } else return;
    if (event.key !== "Backspace") event.preventDefault();
  };
  return (
    <div className="who">
      {chips.map((chip) => (
        <span key={chip.who} className="who-chip">
          {chip.text}
          <button
            type="button"
            aria-label={t.removeName(chip.text)}
            onClick={() => onChange(chips.filter((each) => each !== chip))}
          >
            <X size={13} aria-hidden="true" />
          </button>
        </span>
      ))}
      <input
        role="combobox"
        aria-label={t.whoField}
        aria-autocomplete="list"
        aria-expanded={count > 0}
        aria-controls={key}
        aria-activedescendant={count > 0 ? `${key}-${at}` : undefined}
        autoComplete="off"
        placeholder={chips.length === 0 ? t.whoHint : ""}
        value={typed}
        onChange={(event) => {
          onType(event.target.value);
          setChosen(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div
        id={key}
        role="listbox"
        aria-label={t.suggestions}
        className="menu who-list"
        hidden={count === 0}
      >
        {found.map((member, index) => (
          <Option
            key={member.id}
            id={`${key}-${index}`}
            isChosen={index === at}
            onTake={() => take(index)}
          >
            <Face person={member} />
            <span className="name">{member.name}</span>
            {member.email && <span className="end small name">{member.email}</span>}
          </Option>
        ))}
        {isAddress && (
          <Option
            id={`${key}-${found.length}`}
            isChosen={at === found.length}
            onTake={() => take(found.length)}
          >
            <Mail size={16} strokeWidth={1.75} aria-hidden="true" />
            {t.inviteByMail(typed.trim())}
          </Option>
        )}
      </div>
    </div>
  );
}

interface OptionProps {
  id: string;
  isChosen: boolean;
  onTake: () => void;
  children: React.ReactNode;
}

function Option({ id, isChosen, onTake, children }: OptionProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the field's, which keeps the focus
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={isChosen}
      className={isChosen ? "menu-item chosen" : "menu-item"}
      onMouseDown={(event) => event.preventDefault()}
      onClick={onTake}
    >
      {children}
    </div>
  );
}
