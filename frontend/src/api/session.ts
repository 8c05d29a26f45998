/** Coming in, going out, and who is here. */
import type { Person } from "../protocol/frames";
import { ApiError, call } from "./http";

export interface Session {
  user: Person;
  kind: "member" | "guest";
  email: string | null;
  /** May have pages of their own; also a guest as long as nobody has an account. */
  is_member: boolean;
  is_operator: boolean;
  language: "en" | "zh" | null;
  time_zone: string | null;
  has_password: boolean;
  has_totp: boolean;
  /** How long a voice message may last here. */
  voice_seconds: number;
}

/** What a newcomer can do here. */
export interface Setup {
  /** Somebody has an account. */
  claimed: boolean;
  workspace: string;
  sign_up: "open" | "invitation" | "closed";
  oidc: { name: string } | null;
  email: boolean;
}

export interface NewAccount {
  email: string;
  password: string;
  name: string;
  invitation?: string;
}

const KEPT = "quillroom:session";

/** Who I am; the last known answer when the server cannot be reached, null when I am nobody. */
export async function fetchSession(): Promise<Session | null> {
  try {
    return keep(await call<Session>("GET", "/api/session"));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      localStorage.removeItem(KEPT);
      return null;
    }
    return keptSession() ?? null;
  }
}

/** The last known answer to that. */
export function keptSession(): Session | undefined {
  try {
    const kept = localStorage.getItem(KEPT);
    return kept === null ? undefined : (JSON.parse(kept) as Session);
  } catch {
    return undefined;
  }
}

/** Remember it for when the server cannot be reached. */
export function keep<Known extends Session>(session: Known): Known {
  try {
    localStorage.setItem(KEPT, JSON.stringify(session));
  } catch {
    // A private window, or no room left: then a reload needs the server.
  }
  return session;
}

export const fetchSetup = (): Promise<Setup> => call("GET", "/api/setup");

export const beginGuest = async (name: string): Promise<Session> =>
  keep(await call<Session>("POST", "/api/session/guest", { name }));

/** `code`: of the second factor, or a recovery code. */
export const signIn = async (email: string, password: string, code?: string): Promise<Session> =>
  keep(await call<Session>("POST", "/api/session", { email, password, ...(code ? { code } : {}) }));

/** `welcome`: the first account's first document. */
export const signUp = async (
  account: NewAccount,
  language: "en" | "zh",
): Promise<Session & { welcome?: string }> =>
  keep(
    await call<Session & { welcome?: string }>("POST", "/api/accounts", {
      ...account,
      language,
      time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone || null,
    }),
  );

export async function endSession(): Promise<void> {
  await call("DELETE", "/api/session");
  localStorage.removeItem(KEPT);
}

export const lookAtInvitation = (
  secret: string,
): Promise<{
  email: string | null;
  workspace: string;
  invited_by: Person | string | null;
}> => call("POST", "/api/invitations/look", { secret });

/** Never tells whether there is such an account. */
export const askForReset = (email: string): Promise<void> =>
  call("POST", "/api/password-reset", { email });

export const completeReset = (secret: string, password: string): Promise<void> =>
  call("POST", "/api/password-reset/complete", { secret, password });

/** Who is nobody yet becomes a guest by it. */
export async function openLink(link: {
  secret: string;
  password?: string;
  name?: string;
}): Promise<{ document: string; session: Session }> {
  const opened = await call<{ document: string; session: Session }>(
    "POST",
    "/api/links/open",
    link,
  );
  keep(opened.session);
  return opened;
}
