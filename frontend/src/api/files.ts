/** Files of a chat: announced, uploaded piece by piece, shown. */
import { call, errorOf } from "./http";

export type Kind = "image" | "voice" | "audio" | "video" | "file";

/** A file as a message carries it. */
export interface Attachment {
  id: string;
  kind: Kind;
  name: string;
  type: string;
  size: number;
  width: number | null;
  height: number | null;
  /** Seconds. */
  duration: number | null;
  /** Loudness along the recording, 0 to 100. */
  waveform: number[] | null;
  alt: string | null;
  has_thumbnail: boolean;
}

export interface About {
  name: string;
  size: number;
  kind?: "voice";
  alt?: string;
  duration?: number;
  waveform?: number[];
}

export interface Begun {
  file: Attachment;
  upload: { offset: number; chunk_bytes: number };
}

const at = (id: string, rest = "") => `/api/files/${encodeURIComponent(id)}${rest}`;

export const fileUrl = (id: string): string => at(id);
export const downloadUrl = (id: string): string => at(id, "?download=1");
export const thumbnailUrl = (id: string): string => at(id, "/thumbnail");

export const announce = (document: string, about: About): Promise<Begun> =>
  call("POST", `/api/documents/${encodeURIComponent(document)}/files`, about);

/** How much of it the server has. */
export async function offsetOf(id: string): Promise<number> {
  const answer = await fetch(at(id, "/content"), { method: "HEAD", credentials: "same-origin" });
  if (!answer.ok) throw errorOf(answer, "");
  return Number(answer.headers.get("Upload-Offset"));
}

/** The file when this was the last piece, else how much the server has now. */
export async function putPiece(
  id: string,
  offset: number,
  piece: Blob,
  signal: AbortSignal,
): Promise<number | Attachment> {
  const answer = await fetch(at(id, "/content"), {
    method: "PATCH",
    credentials: "same-origin",
    headers: {
      "Content-Type": "application/offset+octet-stream",
      "Upload-Offset": String(offset),
    },
    body: piece,
    signal,
  });
  const text = await answer.text();
  if (!answer.ok) throw errorOf(answer, text);
  if (answer.status === 204) return Number(answer.headers.get("Upload-Offset"));
  return JSON.parse(text) as Attachment;
}

export const describeFile = (id: string, alt: string): Promise<Attachment> =>
  call("PATCH", at(id), { alt });

export const deleteFile = (id: string): Promise<void> => call("DELETE", at(id));
