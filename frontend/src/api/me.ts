/** One's own account: profile, password, second factor, sessions, API tokens. */
import { call } from "./http";
import { keep, type Session } from "./session";

export interface Profile {
  name?: string;
  /** Null: by one's id. */
  colour?: string | null;
  language?: "en" | "zh" | null;
  time_zone?: string | null;
}

export interface SignedIn {
  id: string;
  /** What the browser called itself. */
  agent: string;
  created_at: string;
  seen_at: string;
  expires_at: string;
  is_current: boolean;
}

export interface Token {
  id: string;
  name: string;
  scopes: string[];
  created_at: string;
  expires_at: string | null;
  used_at: string | null;
}

export const SCOPES = ["read", "write", "manage", "admin"] as const;

export const changeProfile = async (profile: Profile): Promise<Session> =>
  keep(await call<Session>("PATCH", "/api/me", profile));

export const setAvatar = async (image: File): Promise<Session> =>
  keep(await call<Session>("PUT", "/api/me/avatar", image));

export const removeAvatar = async (): Promise<Session> =>
  keep(await call<Session>("DELETE", "/api/me/avatar"));

/** All other sessions end. `current` is left out by who has no password yet. */
export const changePassword = (fresh: string, current?: string): Promise<void> =>
  call("PUT", "/api/me/password", { new: fresh, ...(current ? { current } : {}) });

export const prepareTotp = (password: string): Promise<{ secret: string; uri: string }> =>
  call("POST", "/api/me/totp", { password });

/** Turns it on; the recovery codes are answered this once. */
export const confirmTotp = async (code: string): Promise<string[]> =>
  (await call<{ recovery_codes: string[] }>("POST", "/api/me/totp/confirm", { code }))
    .recovery_codes;

export const turnOffTotp = (password: string, code: string): Promise<void> =>
  call("DELETE", "/api/me/totp", { password, code });

export const renewRecoveryCodes = async (password: string, code: string): Promise<string[]> =>
  (
    await call<{ recovery_codes: string[] }>("POST", "/api/me/totp/recovery-codes", {
      password,
      code,
    })
  ).recovery_codes;

export const fetchSessions = async (): Promise<SignedIn[]> =>
  (await call<{ sessions: SignedIn[] }>("GET", "/api/sessions")).sessions;

export const endOneSession = (id: string): Promise<void> =>
  call("DELETE", `/api/sessions/${encodeURIComponent(id)}`);

export const endOtherSessions = (): Promise<void> => call("DELETE", "/api/sessions?others=1");

/** This one too. */
export const endAllSessions = (): Promise<void> => call("DELETE", "/api/sessions");

export const fetchTokens = async (): Promise<Token[]> =>
  (await call<{ tokens: Token[] }>("GET", "/api/me/tokens")).tokens;

export const createToken = (
  name: string,
  scopes: string[],
  expires_at: string | null,
): Promise<{ token: Token; secret: string }> =>
  call("POST", "/api/me/tokens", { name, scopes, ...(expires_at ? { expires_at } : {}) });

export const revokeToken = (id: string): Promise<void> =>
  call("DELETE", `/api/me/tokens/${encodeURIComponent(id)}`);
