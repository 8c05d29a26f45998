import { ApiError } from "../api/http";
import { a, t } from "../locales";

/** What went wrong, as a sentence in the person's language. */
export function failureText(error: Error): string {
  if (!(error instanceof ApiError)) return t.cannotReach;
  return a.failure(error.code, error.message, error.seconds);
}
