/** One request to the HTTP API, and what can go wrong with it. */

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** How long to wait before trying again, where the server said so. */
    readonly seconds: number | null = null,
    /** How much would have been allowed, where it was too much. */
    readonly most: number | null = null,
  ) {
    super(message);
  }
}

interface Told {
  code: string;
  message: string;
  details?: { most?: unknown } | null;
}

export async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
  const init: RequestInit = { method, credentials: "same-origin" };
  if (body instanceof Blob) {
    init.headers = { "Content-Type": body.type || "application/octet-stream" };
    init.body = body;
  } else if (body !== undefined) {
    init.headers = { "Content-Type": "application/json" };
    init.body = JSON.stringify(body);
  }
  const answer = await fetch(path, init);
  if (!answer.ok) throw errorOf(answer, await answer.text());
  const text = await answer.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

export function errorOf(answer: Response, text: string): ApiError {
  const seconds = Number(answer.headers.get("Retry-After")) || null;
  try {
    const { error } = JSON.parse(text) as { error: Told };
    const most = typeof error.details?.most === "number" ? error.details.most : null;
    return new ApiError(answer.status, error.code, error.message, seconds, most);
  } catch {
    return new ApiError(answer.status, "http", `The server answered ${answer.status}.`, seconds);
  }
}
