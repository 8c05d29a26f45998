import { SmilePlus } from "lucide-react";
import { c } from "../../locales";
import type { Person } from "../../protocol/control";
import type { Message } from "../../protocol/message";
import { nameOf } from "./emoji";
import { ReactButton } from "./ReactButton";
import { useDeeds } from "./useDeeds";

interface Props {
  message: Message;
  me: string;
  people: ReadonlyMap<string, Person>;
  mayWrite: boolean;
}

/** Each emoji once, with how many chose it; mine is marked, and a press adds or takes it away. */
export function Reactions({ message, me, people, mayWrite }: Props) {
  const deeds = useDeeds();
  if (message.reactions.length === 0) return null;
  const named = (ids: string[]) => {
    const names = ids.map((id) => (id === me ? c.you : people.get(id)?.name)).filter(Boolean);
    return names.join(", ") || String(ids.length);
  };
  return (
    <ul className="reactions">
      {message.reactions.map(({ emoji, people: ids }) => {
        const isMine = ids.includes(me);
        return (
          <li key={emoji}>
            <button
              type="button"
              className="reaction"
              aria-pressed={isMine}
              aria-label={c.reaction(nameOf(emoji), ids.length, isMine)}
              title={c.reactedBy(named(ids), nameOf(emoji))}
              disabled={!mayWrite}
              onClick={() => deeds.react(message, emoji)}
            >
              <span className="emoji">{emoji}</span> {ids.length}
            </button>
          </li>
        );
      })}
      {mayWrite && (
        <li>
          <ReactButton
            className="reaction add"
            label={c.addReaction}
            onPick={(emoji) => deeds.react(message, emoji)}
          >
            <SmilePlus size={14} strokeWidth={1.75} aria-hidden="true" />
          </ReactButton>
        </li>
      )}
    </ul>
  );
}
