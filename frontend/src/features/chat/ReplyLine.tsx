import { CornerUpLeft } from "lucide-react";
import { c } from "../../locales";
import type { Message } from "../../protocol/message";
import { summaryOf } from "./summary";
import { useDeeds } from "./useDeeds";

/** What a message answers; undefined: not known yet, null: not there for me. */
export function ReplyLine({ id, parent }: { id: string; parent: Message | null | undefined }) {
  const deeds = useDeeds();
  const words = parent ? summaryOf(parent) : parent === null ? c.parentGone : "…";
  const isGone = parent === null || (parent && parent.recalled !== null);
  return (
    <button
      type="button"
      className={isGone ? "reply-line gone" : "reply-line"}
      onClick={() => void deeds.goTo(id)}
    >
      <CornerUpLeft size={13} strokeWidth={1.75} aria-hidden="true" />
      {parent && <span className="unseen">{c.inReplyTo}</span>}
      {parent && !isGone && <b>{parent.author.name}</b>}
      <span>{words}</span>
    </button>
  );
}
