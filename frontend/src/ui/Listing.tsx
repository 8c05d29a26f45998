import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { t } from "../locales";
import { failureText } from "./failure";
import { Skeleton } from "./Skeleton";

interface Props<Item> {
  query: UseQueryResult<Item[]>;
  label: string;
  /** What is said when there is nothing. */
  empty?: string;
  children: (item: Item) => ReactNode;
}

/** A list of the server: on its way, not reachable, empty, there. */
export function Listing<Item>({ query, label, empty, children }: Props<Item>) {
  if (query.isPending) return <Skeleton />;
  if (query.isError) {
    return (
      <div className="listing-trouble" role="alert">
        <p className="muted">{failureText(query.error)}</p>
        <button type="button" className="button small" onClick={() => void query.refetch()}>
          {t.tryAgain}
        </button>
      </div>
    );
  }
  if (query.data.length === 0) return <p className="muted nothing">{empty}</p>;
  return (
    <ul className="listing" aria-label={label}>
      {query.data.map(children)}
    </ul>
  );
}
