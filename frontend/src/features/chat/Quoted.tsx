import { useEffect, useState } from "react";
import { c } from "../../locales";
import type { Quote } from "../../protocol/message";
import { useChatParts } from "./context";

/** Text of the page inside a message: a press shows it there. */
export function Quoted({ quote }: { quote: Quote }) {
  const { page } = useChatParts();
  const [isGone, setGone] = useState(false);
  useEffect(() => setGone(!page.hasQuote(quote)), [page, quote]);
  return (
    <button
      type="button"
      className="quoted"
      title={isGone ? c.quoteGone : c.goToQuote}
      onClick={() => setGone(!page.showQuote(quote))}
    >
      <span className="quoted-text">{quote.text}</span>
      {isGone && (
        <span className="quoted-gone" role="status">
          {c.quoteGone}
        </span>
      )}
    </button>
  );
}
