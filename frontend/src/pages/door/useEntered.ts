import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearchParams } from "react-router";
import type { Session } from "../../api/session";
import { isOurs } from "./next";

/** Somebody came in: what the one before saw is forgotten, and they get where they wanted to go. */
export function useEntered(): (session: Session, to?: string) => void {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const wanted = useNext();
  return (session, to) => {
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" });
    queries.setQueryData(["session"], session);
    const next = to ?? wanted;
    if (next !== null) void navigate(next, { replace: true });
  };
}

/** Where to go afterwards; null is to stay, since the address is the wanted one already. */
export function useNext(): string | null {
  const [query] = useSearchParams();
  if (location.pathname !== "/signin") return null;
  const next = query.get("next");
  return next !== null && isOurs(next) ? next : "/";
}
