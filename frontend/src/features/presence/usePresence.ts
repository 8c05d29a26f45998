import { useEffect, useState } from "react";
import type { Events } from "../../protocol/live";
import type { Live } from "../../sync/live";
import type { DocumentSession } from "../../sync/session";
import { Whereabouts } from "../../sync/whereabouts";

type Wire = Pick<Live, "tell" | "listen" | "subscribe" | "getIsConnected">;
export type Presence = Events["presence"];
export type Present = Presence["people"][number];

/** Who is at this document, as the server says it; and says that this tab is. Null while nobody can tell. */
export function usePresence(
  id: string,
  wire: Wire | null,
  session: DocumentSession,
): Presence | null {
  const [presence, setPresence] = useState<Presence | null>(null);
  useEffect(() => {
    if (wire === null) return;
    const stopListening = wire.listen((event, data) => {
      const said = data as unknown as Presence;
      if (event === "presence" && said.document === id) setPresence(said);
    });
    const stopWatching = wire.subscribe(() => !wire.getIsConnected() && setPresence(null));
    const here = new Whereabouts(wire, id);
    session.afterEdit = here.edited;
    here.open();
    return () => {
      session.afterEdit = null;
      here.close();
      stopWatching();
      stopListening();
      setPresence(null);
    };
  }, [id, wire, session]);
  return presence;
}
