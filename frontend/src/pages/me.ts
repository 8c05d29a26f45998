import { createContext, useContext } from "react";
import type { Session } from "../api/session";

export const Me = createContext<Session | null>(null);

/** Who sits here. Only inside the pages that one must be somebody for. */
export function useMe(): Session {
  const session = useContext(Me);
  if (session === null) throw new Error("useMe() belongs inside <Me>");
  return session;
}
