import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Session } from "../../api/session";
import { failureText } from "../../ui/failure";
import { toast } from "../../ui/toast";

/** A change of oneself that shows at once wherever one is shown. */
export function useChange<Given>(run: (given: Given) => Promise<Session>, done: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: (session) => {
      queries.setQueryData(["session"], session);
      toast(done);
    },
  });
}

/** Something done with one click: what went wrong is said where it ends. */
export function useDeed<Given = void>(
  run: (given: Given) => Promise<unknown>,
  done: string,
  key: string,
) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: () => toast(done),
    onError: (error: Error) => toast(failureText(error)),
    onSettled: () => queries.invalidateQueries({ queryKey: [key] }),
  });
}
