/** What one person says, over all pages: what is kept of it here, what is not sent yet, and the connection it goes over. */
import { createContext, useContext } from "react";
import { Outbox } from "../sync/chat/outbox";
import { ChatStorage } from "../sync/chat/storage";
import type { Wire } from "../sync/chat/wire";
import { Uploads } from "../sync/uploads";

export interface Talk {
  wire: Wire;
  storage: ChatStorage;
  outbox: Outbox;
  uploads: Uploads;
}

export const TalkContext = createContext<Talk | null>(null);

/** Null until the shell stands. */
export const useTalk = (): Talk | null => useContext(TalkContext);

export function openTalk(person: string, wire: Wire): Talk & { close: () => void } {
  const storage = new ChatStorage(person);
  const uploads = new Uploads(person);
  const files = {
    ready: (keys: readonly string[]) => uploads.ready(keys),
    sent: (keys: readonly string[]) => uploads.sent(keys),
    has: (key: string) => uploads.get(key) !== undefined,
    retry: (key: string) => uploads.retry(key),
    remove: (key: string) => uploads.remove(key),
  };
  const outbox = new Outbox({ person, wire, storage, files });
  outbox.open();
  return {
    wire,
    storage,
    outbox,
    uploads,
    close: () => {
      outbox.close();
      uploads.close();
      void storage.close();
    },
  };
}
