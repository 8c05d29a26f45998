import { useQuery } from "@tanstack/react-query";
import { fetchSession, type Session } from "../api/client";

/** Whoever came by a link only sees what the link gave: no directory, no pages of their own. */
export function useIsMember(): boolean {
  const { data } = useQuery<Session | null>({
    queryKey: ["session"],
    queryFn: fetchSession,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data?.is_member ?? true;
}
