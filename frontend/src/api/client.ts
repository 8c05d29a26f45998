/** The HTTP API, typed. */
import type { Person, Role } from "../protocol/frames";

export interface Session {
  user: Person;
  kind: string;
  is_member?: boolean;
}

export interface DocumentSummary {
  id: string;
  title: string;
  created_at: string;
  updated_at: string;
  created_by: Person | null;
  here: Person[];
  parent?: string | null;
  breadcrumbs?: { id: string; title: string }[];
  role?: Role;
  is_favourite?: boolean;
  is_template?: boolean;
}

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const init: RequestInit = { method, credentials: "same-origin" };
  if (body !== undefined) {
    init.headers = { "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  const answer = await fetch(path, init);
  if (answer.status === 204) return undefined as T;
  const text = await answer.text();
  if (answer.ok) return JSON.parse(text) as T;
  throw errorOf(answer.status, text);
}

function errorOf(status: number, text: string): ApiError {
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string } };
    return new ApiError(status, error.code, error.message);
  } catch {
    return new ApiError(status, "http", `The server answered ${status}.`);
  }
}

const KEPT = "quillroom:session";

/** Who I am; the last known answer when the server cannot be reached, null when I am nobody. */
export async function fetchSession(): Promise<Session | null> {
  try {
    const session = await call<Session>("GET", "/api/session");
    localStorage.setItem(KEPT, JSON.stringify(session));
    return session;
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

export const beginGuest = (name: string): Promise<Session> =>
  call("POST", "/api/session/guest", { name });

export async function endSession(): Promise<void> {
  await call("DELETE", "/api/session");
  localStorage.removeItem(KEPT);
}

export const fetchDocuments = async (): Promise<DocumentSummary[]> =>
  (await call<{ documents: DocumentSummary[] }>("GET", "/api/documents")).documents;

export const createDocument = async (title: string, markdown?: string): Promise<DocumentSummary> =>
  (
    await call<{ document: DocumentSummary }>("POST", "/api/documents", {
      title,
      ...(markdown ? { markdown } : {}),
    })
  ).document;

export async function fetchMarkdown(id: string): Promise<string> {
  const answer = await fetch(`/api/documents/${encodeURIComponent(id)}?format=markdown`);
  if (!answer.ok) throw errorOf(answer.status, await answer.text());
  return answer.text();
}
