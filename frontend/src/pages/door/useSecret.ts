import { useState } from "react";

/** What stands behind the #: a browser sends it to nobody. */
export function useSecret(): string {
  const [secret] = useState(() => decodeURIComponent(location.hash.slice(1)));
  return secret;
}
