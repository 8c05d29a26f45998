import { MessageSquare } from "lucide-react";
import { c } from "../locales";
import { type OpenChat, useUnreadCount } from "./useChat";

interface Props {
  opened: OpenChat | null;
  isOpen: boolean;
  onToggle: () => void;
}

export function ChatButton({ opened, isOpen, onToggle }: Props) {
  const count = useUnreadCount(opened);
  const label = count > 0 ? c.toggleUnread(count) : c.toggle;
  return (
    <button
      type="button"
      className="icon-button chat-toggle"
      aria-label={label}
      title={label}
      aria-expanded={isOpen}
      aria-pressed={isOpen}
      onClick={onToggle}
    >
      <MessageSquare size={16} strokeWidth={1.75} aria-hidden="true" />
      {count > 0 && <span className="badge">{count > 99 ? "99+" : count}</span>}
    </button>
  );
}
