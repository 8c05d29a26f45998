import { useState } from "react";
import { Navigate } from "react-router";
import type { Session } from "../../api/session";
import { DoorPage } from "./DoorPage";
import { useNext } from "./useEntered";

/** `/signin`: also for a guest who wants to become a member. */
export function SignInPage({ session }: { session: Session | null }) {
  const next = useNext() ?? "/";
  // Who comes in here is taken along by the form, which knows better where to.
  const [wasMember] = useState(session?.kind === "member");
  return wasMember ? <Navigate to={next} replace /> : <DoorPage />;
}
