import { Bell as Icon } from "lucide-react";
import { Popover } from "radix-ui";
import { useState } from "react";
import { n } from "../../locales";
import { useStore } from "../../ui/store";
import { InboxList } from "./InboxList";
import { inbox } from "./inbox";

/** What waits, on every page, one click away. */
export function Bell() {
  const { unread } = useStore(inbox);
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Popover.Root open={isOpen} onOpenChange={setIsOpen}>
      <Popover.Trigger className="icon-button bell" aria-label={n.bell(unread)} title={n.inbox}>
        <Icon size={16} strokeWidth={1.75} aria-hidden="true" />
        <Count unread={unread} />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="menu inbox-popover"
          align="end"
          sideOffset={6}
          collisionPadding={8}
          aria-label={n.inbox}
        >
          <InboxList onOpen={() => setIsOpen(false)} />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** Beside something whose name says the same. */
export function Count({ unread }: { unread: number }) {
  if (unread === 0) return null;
  return (
    <span className="count" aria-hidden="true">
      {unread > 99 ? "99+" : unread}
    </span>
  );
}

export const useUnread = (): number => useStore(inbox).unread;
