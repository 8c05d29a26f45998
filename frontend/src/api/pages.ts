/** The workspace's pages over HTTP: the tree, the trash, favourites, templates. */
import type { Person, Role } from "../protocol/frames";
import { call, type DocumentSummary } from "./client";

/** One page of the tree, as much as it takes to draw its row. */
export interface TreePage {
  id: string;
  title: string;
  parent: string | null;
  position: string;
  role: Role;
  is_shared: boolean;
  is_private: boolean;
  is_template: boolean;
  here: Person[];
}

export interface TrashedPage {
  id: string;
  title: string;
  trashed_at: string;
  trashed_by: Person | null;
}

/** Where a page goes: into `parent`, in front of `before` or behind `after`; neither means at the end. */
export interface Place {
  parent: string | null;
  before?: string;
  after?: string;
}

export interface NewPage {
  title?: string;
  parent?: string | null;
  template?: string;
}

type Documents = { documents: DocumentSummary[] };

const at = (id: string, rest = "") => `/api/documents/${encodeURIComponent(id)}${rest}`;

/** Everything I may see, siblings in order. */
export const fetchTree = async (): Promise<TreePage[]> =>
  (await call<{ pages: TreePage[] }>("GET", "/api/tree")).pages;

export const fetchDocument = async (id: string): Promise<DocumentSummary> =>
  (await call<{ document: DocumentSummary }>("GET", at(id))).document;

export const createPage = async ({ title = "", ...rest }: NewPage): Promise<DocumentSummary> => {
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value != null));
  const body = { title, ...given };
  return (await call<{ document: DocumentSummary }>("POST", "/api/documents", body)).document;
};

export const movePage = (id: string, place: Place): Promise<unknown> =>
  call("POST", at(id, "/move"), place);

export const duplicatePage = async (id: string, withChildren: boolean): Promise<DocumentSummary> =>
  (
    await call<{ document: DocumentSummary }>("POST", at(id, "/duplicate"), {
      with_children: withChildren,
    })
  ).document;

export const markTemplate = (id: string, isTemplate: boolean): Promise<unknown> =>
  call("PATCH", at(id), { is_template: isTemplate });

export const renamePage = (id: string, title: string): Promise<unknown> =>
  call("PATCH", at(id), { title });

export const fetchFavourites = async (): Promise<DocumentSummary[]> =>
  (await call<Documents>("GET", "/api/favourites")).documents;

export const setFavourite = (id: string, isFavourite: boolean): Promise<unknown> =>
  call(isFavourite ? "PUT" : "DELETE", at(id, "/favourite"));

export const fetchRecents = async (): Promise<DocumentSummary[]> =>
  (await call<Documents>("GET", "/api/recents")).documents;

export const fetchTemplates = async (): Promise<DocumentSummary[]> =>
  (await call<Documents>("GET", "/api/templates")).documents;

/** With all its sub-pages. */
export const trashPage = (id: string): Promise<void> => call("DELETE", at(id));

export const fetchTrash = async (): Promise<TrashedPage[]> =>
  (await call<{ pages: TrashedPage[] }>("GET", "/api/trash")).pages;

export const restorePage = (id: string): Promise<unknown> =>
  call("POST", `/api/trash/${encodeURIComponent(id)}/restore`);

export const purgePage = (id: string): Promise<void> =>
  call("DELETE", `/api/trash/${encodeURIComponent(id)}`);

export const emptyTrash = (): Promise<void> => call("DELETE", "/api/trash");
