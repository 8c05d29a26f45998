import { type QueryClient, useQuery } from "@tanstack/react-query";
import { Hourglass } from "lucide-react";
import { t } from "../locales";
import type { Events } from "../protocol/live";

type Syncing = Events["servers"];
const KEY = ["servers"];

/** What the server told last: whether what is written at another one comes here at once. */
export const showSyncing = (queries: QueryClient, syncing: Syncing): void =>
  void queries.setQueryData<Syncing>(KEY, syncing);

/** Nothing is lost meanwhile, so it is said quietly; nothing while all is well. */
export function SlowSync() {
  const { data } = useQuery<Syncing>({ queryKey: KEY, enabled: false });
  return (
    <div role="status" className={data?.mode === "degraded" ? "banner warn slow-sync" : "unseen"}>
      {data?.mode === "degraded" && (
        <>
          <Hourglass size={16} strokeWidth={1.75} aria-hidden="true" />
          <p>{t.slowSync}</p>
        </>
      )}
    </div>
  );
}
