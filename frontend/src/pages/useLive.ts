import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { openInbox } from "../features/notifications/inbox";
import { useRefresh } from "../features/tree/actions";
import { showUnread } from "../features/tree/unread";
import { isTold, showHere } from "../features/tree/usePages";
import type { LiveEvent } from "../protocol/live";
import { Live } from "../sync/live";
import { showSyncing } from "./SlowSync";
import { openTalk, type Talk } from "./talk";

/** One connection a tab: what it says changed is asked for again, and what is said goes over it. */
export function useLive(person: string): Talk | null {
  const [talk, setTalk] = useState<Talk | null>(null);
  const queries = useQueryClient();
  const refresh = useRefresh();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another person is another connection, nothing else is
  useEffect(() => {
    const ask = (...key: string[]) => void queries.invalidateQueries({ queryKey: key });
    const onEvent = (event: LiveEvent) => {
      switch (event.event) {
        case "hello":
          ask("unread");
          refresh();
          break;
        case "servers":
          showSyncing(queries, event.data);
          break;
        case "pages.changed":
          refresh();
          break;
        case "unread":
          showUnread(queries, event.data.document, event.data);
          break;
        case "here":
          showHere(queries, event.data.documents);
          break;
        case "session.changed":
          ask("session");
          break;
        case "favourites.changed":
          ask("favourites");
          break;
        case "access.changed":
          ask("access", event.data.document);
          ask("tree");
          break;
      }
    };
    const live = new Live({
      url: `${location.origin.replace(/^http/, "ws")}/live`,
      onEvent,
      onEnded: () => ask("session"),
    });
    const stop = live.subscribe(() => isTold.set(live.getIsConnected()));
    const closeInbox = openInbox(person, live);
    live.open();
    const opened = openTalk(person, live);
    setTalk(opened);
    return () => {
      setTalk(null);
      opened.close();
      closeInbox();
      live.close();
      stop();
      isTold.set(false);
    };
  }, [person]);
  return talk;
}
