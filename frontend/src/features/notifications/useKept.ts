import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { failureText } from "../../ui/failure";
import { toast } from "../../ui/toast";

interface Ways<Kept, Change> {
  key: string;
  fetch: () => Promise<Kept>;
  keep: (change: Change) => Promise<Kept>;
  merge: (now: Kept, change: Change) => Kept;
}

/** What somebody chose: shown at once as if it had been kept, and as it was, with a sentence, where it was not. */
export function useKept<Kept, Change>({ key, fetch, keep, merge }: Ways<Kept, Change>) {
  const queries = useQueryClient();
  const queryKey = [key];
  const { data } = useQuery({ queryKey, queryFn: fetch });
  const [chosen, setChosen] = useState<Kept | null>(null);
  const { mutate } = useMutation({
    mutationFn: keep,
    onSuccess: (kept) => queries.setQueryData(queryKey, kept),
    onError: (error) => {
      toast(failureText(error));
      setChosen(null);
      void queries.invalidateQueries({ queryKey });
    },
  });
  const now = chosen ?? data;
  const change = (next: Change) => {
    if (now === undefined) return;
    setChosen(merge(now, next));
    mutate(next);
  };
  return [now, change] as const;
}
