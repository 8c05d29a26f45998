import { c } from "../../locales";
import { Face } from "../../ui/Face";
import type { Suggestion } from "./useSuggestions";

interface Props {
  id: string;
  found: readonly Suggestion[];
  chosen: number;
  onPick: (suggestion: Suggestion) => void;
}

/** Above the field; the focus stays in it (WAI-ARIA: combobox). */
export function Suggestions({ id, found, chosen, onPick }: Props) {
  if (found.length === 0) return null;
  const label = found[0]?.person ? c.people : c.emoji;
  return (
    <div id={id} role="listbox" className="menu suggestions" aria-label={label}>
      {found.map((each, at) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are those of the field
        // biome-ignore lint/a11y/useFocusableInteractive: the focus stays in the field
        <div
          key={each.key}
          id={`${id}-${at}`}
          role="option"
          aria-selected={at === chosen}
          className={at === chosen ? "menu-item chosen" : "menu-item"}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onPick(each)}
        >
          {each.person ? (
            <Face person={each.person} />
          ) : (
            <span className="emoji" aria-hidden="true">
              {each.emoji}
            </span>
          )}
          <span className="name">{each.label}</span>
        </div>
      ))}
    </div>
  );
}
