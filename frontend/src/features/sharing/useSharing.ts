import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "../../api/client";
import { fetchSharing, type Sharing } from "../../api/sharing";
import { t } from "../../locales";

export function useSharing(id: string) {
  return useQuery({ queryKey: ["access", id], queryFn: () => fetchSharing(id), staleTime: 10_000 });
}

/** Does what changes who may see a page, shows the outcome at once, and keeps the sentence of a refusal. */
export function useSharingChange(id: string) {
  const queries = useQueryClient();
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const change = async <T>(job: () => Promise<T>): Promise<T | undefined> => {
    setBusy(true);
    setError(null);
    try {
      const result = await job();
      if (isSharing(result)) queries.setQueryData(["access", id], result);
      return result;
    } catch (refusal) {
      setError(sentenceOf(refusal));
      return undefined;
    } finally {
      setBusy(false);
      void queries.invalidateQueries({ queryKey: ["access"] });
      void queries.invalidateQueries({ queryKey: ["tree"] });
    }
  };
  return { change, error, isBusy };
}

function isSharing(value: unknown): value is Sharing {
  return typeof value === "object" && value !== null && "general" in value && "requests" in value;
}

function sentenceOf(refusal: unknown): string {
  return refusal instanceof ApiError ? t.refusal(refusal.code, refusal.message) : t.cannotReach;
}
