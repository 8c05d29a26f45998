/** In which chats something is unread: asked once, then told. */
import { type QueryClient, useQuery } from "@tanstack/react-query";
import { fetchUnread } from "../../api/messages";
import type { Unread } from "../../protocol/message";

const KEY = ["unread"];
const NOTHING: Record<string, Unread> = {};

export function useUnreadChats(): Record<string, Unread> {
  const { data } = useQuery({
    queryKey: KEY,
    queryFn: fetchUnread,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  return data ?? NOTHING;
}

export function showUnread(queries: QueryClient, document: string, unread: Unread): void {
  queries.setQueryData<Record<string, Unread>>(KEY, (before) => ({
    ...before,
    [document]: { count: unread.count, mentions: unread.mentions },
  }));
}
