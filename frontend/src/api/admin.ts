/** The administration, for operators: settings of the workspace, people, invitations, the audit log. */
import type { Person } from "../protocol/frames";
import { call } from "./http";

export interface WorkspaceSettings {
  workspace: string;
  sign_up: "open" | "invitation" | "closed";
  members_invite: boolean;
  default_access: { general: "private" | "workspace"; role: string };
  trash_days: number;
  /** How long one may recall a message of one's own; 0: never, null: always. */
  recall_seconds: number | null;
  allowed_domains: string[];
}

export interface Member extends Person {
  email: string | null;
  is_operator: boolean;
  is_suspended: boolean | null;
  created_at: string;
  seen_at: string | null;
}

export interface Invitation {
  id: string;
  email: string | null;
  created_at: string;
  expires_at: string;
  invited_by: Person | null;
}

export interface NewInvitation {
  invitation: Invitation;
  url: string;
  is_sent: boolean;
}

export interface AuditEntry {
  seq: number;
  at: string;
  actor: { id: string; name: string } | null;
  action: string;
  object: string | null;
  data: Record<string, unknown>;
}

export interface AuditPage {
  entries: AuditEntry[];
  is_intact: boolean;
}

/** A server of this installation, as it said itself at `seen_at`. */
export interface Instance {
  id: string;
  host: string;
  pid: number;
  version: string;
  started_at: string;
  seen_at: string;
  is_here: boolean;
  is_this: boolean;
  mode: "normal" | "degraded";
  why: string | null;
  connections: { sync: number; live: number };
  rooms: number;
  topics: number;
  loop_lag_ms: number;
  rss_mb: number;
  behind: number;
}

/** `at`: the time by the clock that `started_at` and `seen_at` are of. */
export interface Instances {
  at: string;
  instances: Instance[];
}

const at = (id: string, rest = "") => `/api/people/${encodeURIComponent(id)}${rest}`;

export const fetchSettings = (): Promise<WorkspaceSettings> => call("GET", "/api/settings");

export const changeSettings = (changed: Partial<WorkspaceSettings>): Promise<WorkspaceSettings> =>
  call("PATCH", "/api/settings", changed);

export const fetchMembers = async (): Promise<Member[]> =>
  (await call<{ people: Member[] }>("GET", "/api/people")).people;

export const changeMember = (
  id: string,
  changed: { is_operator?: boolean; is_suspended?: boolean },
): Promise<unknown> => call("PATCH", at(id), changed);

export const makeResetLink = async (id: string): Promise<string> =>
  (await call<{ url: string }>("POST", at(id, "/reset"))).url;

export const transferPages = (id: string, to: string): Promise<unknown> =>
  call("POST", at(id, "/transfer"), { to });

export const fetchInvitations = async (): Promise<Invitation[]> =>
  (await call<{ invitations: Invitation[] }>("GET", "/api/invitations")).invitations;

/** Without an address it is for whoever has the link. */
export const makeInvitation = (email: string): Promise<NewInvitation> =>
  call("POST", "/api/invitations", email === "" ? {} : { email });

export const withdrawInvitation = (id: string): Promise<void> =>
  call("DELETE", `/api/invitations/${encodeURIComponent(id)}`);

/** Newest first; `before`: the last one that is known. */
export const fetchAudit = (before: number | null): Promise<AuditPage> =>
  call("GET", `/api/audit?limit=50${before === null ? "" : `&before=${before}`}`);

export const fetchInstances = (): Promise<Instances> => call("GET", "/api/instances");
