import { useEffect, useRef, useState } from "react";
import { c } from "../../locales";
import type { ChatView } from "../../sync/chat/view";
import { summaryOf } from "./summary";

const HEARD_MS = 8000;

/** Says to whoever listens what others say, once, when it comes; what was there before is not said. */
export function Announcer({ view, me }: { view: ChatView; me: string }) {
  const [said, setSaid] = useState<{ key: string; text: string }[]>([]);
  const last = useRef<number | null>(null);
  const newest = view.hasAfter ? undefined : view.messages.at(-1);
  useEffect(() => {
    if (view.status !== "ready") return;
    const before = last.current;
    last.current = Math.max(before ?? 0, newest?.seq ?? 0);
    if (before === null || !newest || newest.seq <= before) return;
    const fresh = view.messages.filter(
      ({ seq, author, recalled }) => seq > before && author.id !== me && recalled === null,
    );
    const lines = fresh
      .slice(-3)
      .map((each) => ({ key: each.id, text: c.said(each.author.name, summaryOf(each)) }));
    if (lines.length > 0) setSaid((earlier) => [...earlier.slice(-3), ...lines]);
  }, [view, newest, me]);
  // Nothing said here outlives its message.
  useEffect(() => {
    if (said.length === 0) return;
    const timer = setTimeout(() => setSaid([]), HEARD_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const gone = new Set(view.messages.flatMap(({ id, recalled }) => (recalled ? id : [])));
  return (
    <div className="unseen" role="log" aria-live="polite">
      {said.map(({ key, text }) => (gone.has(key) ? null : <p key={key}>{text}</p>))}
    </div>
  );
}
