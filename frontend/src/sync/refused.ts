/** The server understood, and said no. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
    /** After which it may be tried again, where the server said so. */
    readonly seconds: number | null = null,
  ) {
    super(message);
  }
}

/** There is no answer: nobody knows whether it was done, except that what is "not_sent" was not. */
export class Unanswered extends Error {
  constructor(readonly why: "not_sent" | "unknown_outcome" | "closed") {
    super("There is no answer from the server.");
  }
}
