import { Check, CheckCheck, Clock, TriangleAlert } from "lucide-react";
import { Popover } from "radix-ui";
import { c } from "../../locales";
import type { Person } from "../../protocol/control";
import type { Pending } from "../../sync/chat/outbox";
import type { Delivery } from "../../sync/chat/receipts";
import { Face } from "../../ui/Face";
import { useChatParts } from "./context";
import { Readers } from "./Readers";

const ICON = { size: 14, strokeWidth: 2, "aria-hidden": true } as const;
const FACES = 5;

/** What became of a message that the server has: one tick, two, or the faces of those who have read it. */
export function DeliveryState({
  message,
  delivery,
  people,
}: {
  message: string;
  delivery: Delivery;
  people: ReadonlyMap<string, Person>;
}) {
  if (delivery.name === "sent") {
    return (
      <span className="state">
        <Check {...ICON} /> {c.sent}
      </span>
    );
  }
  if (delivery.name === "delivered") {
    return (
      <span className="state">
        <CheckCheck {...ICON} /> {c.delivered}
      </span>
    );
  }
  return <SeenBy message={message} ids={delivery.people} people={people} hasTicks />;
}

/** Whose eyes have been on it; a press lists them. */
export function SeenBy({
  message,
  ids,
  people,
  hasTicks = false,
}: {
  message: string;
  ids: readonly string[];
  people: ReadonlyMap<string, Person>;
  hasTicks?: boolean;
}) {
  const known = ids.map((id) => people.get(id)).filter((person) => person !== undefined);
  const names = known.map(({ name }) => name);
  const first = names.slice(0, 2).join(", ");
  const rest = ids.length - Math.min(2, names.length);
  const words =
    names.length === 0
      ? c.seenCount(ids.length)
      : c.seenBy(rest > 0 ? c.andMore(first, rest) : first);
  return (
    <Popover.Root>
      <Popover.Trigger className="state seen" title={c.seenBy(names.join(", "))}>
        {hasTicks && <CheckCheck {...ICON} />}
        <span className="tiny-faces" aria-hidden="true">
          {known.slice(0, FACES).map((person) => (
            <Face key={person.id} person={person} />
          ))}
        </span>
        {words}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="menu popover"
          align="end"
          sideOffset={6}
          collisionPadding={8}
          aria-label={c.readersTitle}
        >
          <Readers message={message} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** What the server does not have yet. */
export function PendingState({ pending }: { pending: Pending }) {
  const { chat } = useChatParts();
  if (pending.failure === null) {
    return (
      <span className="state">
        <Clock {...ICON} /> {pending.state === "sending" ? c.sending : c.queued}
      </span>
    );
  }
  const { code, message } = pending.failure;
  return (
    <span className="state failed" role="alert">
      <span>
        <TriangleAlert {...ICON} /> {c.failed(code, message)}
      </span>
      <button type="button" className="link" onClick={() => void chat.retry(pending.clientId)}>
        {c.retry}
      </button>
      <button type="button" className="link" onClick={() => void chat.discard(pending.clientId)}>
        {c.remove}
      </button>
    </span>
  );
}
