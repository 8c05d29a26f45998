import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useRefresh } from "../features/tree/actions";
import { isTold } from "../features/tree/usePages";
import type { LiveEvent } from "../protocol/live";
import { Live } from "../sync/live";

/** One connection a tab: what it says changed is asked for again. */
export function useLive(person: string): void {
  const queries = useQueryClient();
  const refresh = useRefresh();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another person is another connection, nothing else is
  useEffect(() => {
    const ask = (...key: string[]) => void queries.invalidateQueries({ queryKey: key });
    const onEvent = (event: LiveEvent) => {
      switch (event.kind) {
        case "hello":
        case "pages":
          refresh();
          break;
        case "session":
          ask("session");
          break;
        case "favourites":
          ask("favourites");
          break;
        case "access":
          ask("access", event.document);
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
    live.open();
    return () => {
      live.close();
      stop();
      isTold.set(false);
    };
  }, [person]);
}
