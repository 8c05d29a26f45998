/** What becomes of an open document when what its reader may do changes. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { ApiError, fetchMarkdown } from "../api/client";
import { usePages } from "../features/tree/usePages";
import { t } from "../locales";
import { Close } from "../protocol/closes";
import { mayWrite, type Role } from "../protocol/control";
import type { DocumentSession, Snapshot } from "../sync/session";
import { toast } from "../ui/toast";

const PATIENCE_MS = 1200;
const ENDINGS: Record<number, number> = {
  401: Close.signedOut,
  403: Close.accessEnded,
  404: Close.gone,
};

/**
 * A refused handshake looks to the page like a lost network: a browser hides its status code.
 * So whoever waits for long asks over HTTP whether there is such a document.
 */
export function useEnding(id: string, session: DocumentSession, snapshot: Snapshot): void {
  const isAway = snapshot.status.name === "connecting" || snapshot.status.name === "offline";
  useEffect(() => {
    if (!isAway) return;
    const ask = async () => {
      if (!navigator.onLine) return;
      try {
        await fetchMarkdown(id);
      } catch (error) {
        const code = error instanceof ApiError ? ENDINGS[error.status] : undefined;
        if (code !== undefined) session.end(code);
      }
    };
    const timer = setTimeout(ask, PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [id, session, isAway]);
}

/** Says it once when the pen is taken or given while one is here. */
export function useRoleChange(role: Role | null): void {
  const before = useRef(role);
  useEffect(() => {
    const could = before.current;
    before.current = role;
    if (could === null || role === null || mayWrite(could) === mayWrite(role)) return;
    toast(mayWrite(role) ? t.nowWriting : t.nowReadOnly);
  }, [role]);
}

/** A page that was taken away and is given back, or comes out of the trash, opens again by itself. */
export function useReturn(id: string, isEnded: boolean, onReopen: () => void): void {
  const queries = useQueryClient();
  const { pages } = usePages();
  const endedAt = useRef<number | null>(null);
  useEffect(() => {
    endedAt.current = isEnded ? Date.now() : null;
  }, [isEnded]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only what came after the end says anything
  useEffect(() => {
    const heardAt = queries.getQueryState(["tree"])?.dataUpdatedAt ?? 0;
    if (endedAt.current === null || heardAt <= endedAt.current) return;
    if (pages.some((page) => page.id === id)) onReopen();
  }, [pages, id]);
}
