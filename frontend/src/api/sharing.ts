/** Who may do what on a page, over HTTP. */
import type { Person, Role } from "../protocol/frames";
import { call } from "./client";

export type General = "private" | "workspace" | "anyone" | "inherit";

export interface PageName {
  id: string;
  title: string;
}

export interface ShareLink {
  role: Role;
  expires_at: string | null;
  has_password: boolean;
  count: number;
}

export interface Sharing {
  /** My own. */
  role: Role;
  general: Exclude<General, "inherit">;
  general_role: Role | null;
  inherited_from: PageName | null;
  link: ShareLink | null;
  people: { user: Person; role: Role; inherited_from: PageName | null }[];
  invitations: { id: string; email: string; role: Role }[];
  requests: { user: Person; message: string | null; at: string }[];
}

export interface GeneralAccess {
  general: General;
  role?: Role;
  expires_at?: string | null;
  /** Left out: as it is. */
  password?: string | null;
}

export interface Invited {
  people: Person[];
  invitations: { email: string; url: string; is_sent: boolean }[];
}

const at = (id: string, rest: string) => `/api/documents/${encodeURIComponent(id)}/${rest}`;

export const fetchSharing = (id: string): Promise<Sharing> => call("GET", at(id, "access"));

export const setGeneral = (id: string, access: GeneralAccess): Promise<Sharing> =>
  call("PUT", at(id, "access"), access);

export const makeLink = async (id: string): Promise<string> =>
  (await call<{ url: string }>("POST", at(id, "links"))).url;

/** `who`: ids of members, and e-mail addresses of people who are to come. */
export const invite = (id: string, who: string[], role: Role): Promise<Invited> =>
  call("POST", at(id, "people"), { who, role });

export const setRole = (id: string, person: string, role: Role): Promise<unknown> =>
  call("PUT", at(id, `people/${encodeURIComponent(person)}`), { role });

export const removePerson = (id: string, person: string): Promise<void> =>
  call("DELETE", at(id, `people/${encodeURIComponent(person)}`));

/** Never tells whether there is such a page. */
export const requestAccess = (id: string, message?: string): Promise<unknown> =>
  call("POST", at(id, "requests"), message ? { message } : {});

export const declineRequest = (id: string, person: string): Promise<void> =>
  call("DELETE", at(id, `requests/${encodeURIComponent(person)}`));

export const endInvitation = (id: string): Promise<void> =>
  call("DELETE", `/api/invitations/${encodeURIComponent(id)}`);

/** All members; guests see no directory. */
export const fetchPeople = async (): Promise<(Person & { email: string | null })[]> =>
  (await call<{ people: (Person & { email: string | null })[] }>("GET", "/api/people")).people;
