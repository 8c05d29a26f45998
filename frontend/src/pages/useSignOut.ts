import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { endSession } from "../api/session";
import { forgetPush } from "../features/notifications/push";
import { t } from "../locales";
import { forgetCopies } from "../sync/keeping";
import { toast } from "../ui/toast";
import { useMe } from "./me";

/** Nothing of the person who leaves stays in this browser but what could not be saved, and that for them alone. */
export function useSignOut(): () => Promise<void> {
  const { user } = useMe();
  const leave = useLeave();
  return async () => {
    try {
      await endSession();
    } catch {
      toast(t.cannotReach);
      return;
    }
    await leave(user.id);
  };
}

/** The session has ended: away with what was shown and kept. */
export function useLeave(): (person: string, to?: string | null) => Promise<void> {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return async (person, to = "/") => {
    if (to !== null) await navigate(to);
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== "session" });
    queries.setQueryData(["session"], null);
    await Promise.all([forgetCopies(person), forgetPush()]);
  };
}
