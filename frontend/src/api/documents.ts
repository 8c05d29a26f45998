/** Documents over HTTP. */
import type { Person, Role } from "../protocol/frames";
import { call, errorOf } from "./http";

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
  if (!answer.ok) throw errorOf(answer, await answer.text());
  return answer.text();
}
