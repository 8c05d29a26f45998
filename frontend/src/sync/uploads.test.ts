// @vitest-environment node
// (the blobs of jsdom cannot be kept in a database)
import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Attachment } from "../api/files";
import { UploadRefused, Uploads } from "./uploads";

/** The server's side of uploads, as docs/protocol.md says. `fails` are the answers of the next requests for bytes. */
class Shelf {
  files = new Map<string, { size: number; data: number[]; alt: string | null }>();
  fails: (number | "cut" | "lost" | "forgotten")[] = [];
  requests: string[] = [];

  answer = async (path: string, init: RequestInit): Promise<Response> => {
    const method = init.method ?? "GET";
    this.requests.push(method);
    if (method === "POST") return this.#begin(JSON.parse(String(init.body)));
    const id = path.split("/")[3] ?? "";
    const file = this.files.get(id);
    if (file === undefined) return refusal(404, "not_found");
    if (method === "DELETE") return this.#remove(id);
    if (method === "HEAD") return offset(200, file.data.length);
    if (!path.endsWith("/content")) {
      file.alt = JSON.parse(String(init.body)).alt;
      return Response.json(this.#told(id));
    }
    return this.#append(id, init);
  };

  #begin(about: { size: number; alt?: string }): Response {
    const id = `file-${this.files.size}`;
    this.files.set(id, { size: about.size, data: [], alt: about.alt ?? null });
    return Response.json({ file: this.#told(id), upload: { offset: 0, chunk_bytes: 4 } });
  }

  #remove(id: string): Response {
    this.files.delete(id);
    return new Response(null, { status: 204 });
  }

  async #append(id: string, init: RequestInit): Promise<Response> {
    const failure = this.fails.shift();
    if (failure === "forgotten") this.files.set(id, { size: 0, data: [], alt: null }); // a day has passed
    if (failure === "forgotten") return refusal(404, "not_found");
    if (failure === "cut") throw new TypeError("network");
    if (typeof failure === "number") {
      if (failure === 400) this.files.delete(id);
      return refusal(failure, failure === 409 ? "wrong_offset" : "picture_too_large");
    }
    const file = this.files.get(id);
    if (file === undefined) return refusal(404, "not_found");
    if (Number(new Headers(init.headers).get("Upload-Offset")) !== file.data.length) {
      return refusal(409, "wrong_offset");
    }
    file.data.push(...new Uint8Array(await (init.body as Blob).arrayBuffer()));
    if (failure === "lost") throw new TypeError("network"); // it came, but nobody was told
    if (file.data.length < file.size) return offset(204, file.data.length);
    return Response.json(this.#told(id));
  }

  #told(id: string): Partial<Attachment> {
    return { id, alt: this.files.get(id)?.alt ?? null };
  }
}

const offset = (status: number, at: number) =>
  new Response(null, { status, headers: { "Upload-Offset": String(at) } });

const refusal = (status: number, code: string) =>
  Response.json(
    { error: { code, message: "No, because.", details: { most: 20_000_000 } } },
    { status },
  );

let server: Shelf;
let count = 0;
let person = "";
const opened: Uploads[] = [];

const signsIn = (who = person): Uploads => {
  const uploads = new Uploads(who);
  opened.push(uploads);
  return uploads;
};
const words = (text = "0123456789") => new Blob([text], { type: "text/plain" });

beforeEach(() => {
  server = new Shelf();
  person = `ann-${count++}`;
  vi.stubGlobal("fetch", server.answer);
  vi.spyOn(Math, "random").mockReturnValue(0.001); // the rest before the next try is short
});
afterEach(() => {
  for (const each of opened.splice(0)) each.close();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("a file goes up in pieces, and its progress is told", async () => {
  const uploads = signsIn();
  const seen: number[] = [];
  const { key } = uploads.add("page", words(), "a.txt");
  uploads.subscribe(() => seen.push(uploads.get(key)?.progress ?? -1));
  expect(await uploads.ready([key])).toEqual(["file-0"]);
  expect(String.fromCharCode(...(server.files.get("file-0")?.data ?? []))).toBe("0123456789");
  expect([...new Set(seen)]).toEqual([0, 0.4, 0.8, 1]);
});

test.each([
  ["cut before it arrived", "cut"],
  ["cut after it arrived", "lost"],
  ["answered by a server that has no room", 503],
  ["at another place than the server is", 409],
] as const)("an upload %s goes on, once", async (_, failure) => {
  server.fails = ["lost", failure, failure];
  const uploads = signsIn();
  const { key } = uploads.add("page", words(), "a.txt");
  await uploads.ready([key]);
  expect(server.files.size).toBe(1);
  expect(server.files.get("file-0")?.data).toHaveLength(10);
});

test("what is refused says why, and is not tried again until somebody says so", async () => {
  server.fails = [400];
  const uploads = signsIn();
  const { key } = uploads.add("page", words(), "a.png");
  await expect(uploads.ready([key])).rejects.toThrow(UploadRefused);
  expect(uploads.get(key)).toMatchObject({
    state: "refused",
    why: { code: "picture_too_large", message: "No, because.", most: 20_000_000 },
  });
  uploads.retry(key);
  await uploads.ready([key]);
  expect(uploads.get(key)?.state).toBe("ready");
});

test("a file survives the tab: the next one goes on where the server is", async () => {
  const first = signsIn();
  server.fails = ["lost"];
  vi.spyOn(Math, "random").mockReturnValue(0.999);
  const { key } = first.add("page", words(), "a.txt");
  await vi.waitFor(() => expect(server.files.get("file-0")?.data).toHaveLength(4));
  first.close();
  const next = signsIn();
  expect(await next.ready([key])).toEqual(["file-0"]);
  expect(server.files.size).toBe(1);
  expect(next.get(key)).toMatchObject({ name: "a.txt", state: "ready", size: 10 });
});

test("what is ready stays known after a reload, and is forgotten when its message is sent", async () => {
  const first = signsIn();
  const { key } = first.add("page", words(), "a.txt");
  await first.ready([key]);
  await vi.waitFor(async () => {
    const next = signsIn();
    await next.isOpened;
    expect(next.get(key)?.file?.id).toBe("file-0");
  });
  first.sent([key]);
  await vi.waitFor(async () => {
    const next = signsIn();
    await next.isOpened;
    expect(next.get(key)).toBeUndefined();
  });
});

test("nobody else in this browser sees or sends it", async () => {
  const { key } = signsIn().add("page", words(), "a.txt");
  const bob = signsIn("bob");
  await bob.isOpened;
  expect(bob.get(key)).toBeUndefined();
});

test("taken back, it is gone here and there", async () => {
  const uploads = signsIn();
  const { key } = uploads.add("page", words(), "a.txt");
  await vi.waitFor(() => expect(server.requests).toContain("PATCH"));
  uploads.remove(key);
  expect(uploads.of([key])).toEqual([]);
  await vi.waitFor(() => expect(server.files.size).toBe(0));
  await expect(uploads.ready([key])).rejects.toThrow(UploadRefused);
});

test("an upload that the server forgot begins anew", async () => {
  const uploads = signsIn();
  server.fails = ["forgotten"];
  const { key } = uploads.add("page", words(), "a.txt");
  expect(await uploads.ready([key])).toEqual(["file-1"]);
  expect(server.files.get("file-1")?.data).toHaveLength(10);
});

test("a description given meanwhile reaches the server with the file", async () => {
  const uploads = signsIn();
  const { key } = uploads.add("page", words(), "a.png");
  await vi.waitFor(() => expect(server.requests).toContain("POST"));
  uploads.setAlt(key, "A cat");
  await uploads.ready([key]);
  expect(server.files.get("file-0")?.alt).toBe("A cat");
});
