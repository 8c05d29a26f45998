/** The HTTP API, typed. */
export * from "./documents";
export * from "./http";
export * from "./session";
