import { useSearchParams } from "react-router";
import type { Setup } from "../../api/session";
import { a } from "../../locales";
import { useNext } from "./useEntered";

/** Signing in through the house's own service, where there is one; and why it did not let somebody in. */
export function OtherService({ oidc }: Pick<Setup, "oidc">) {
  const [query] = useSearchParams();
  const next = useNext() ?? `${location.pathname}${location.search}`;
  if (oidc === null) return null;
  const error = query.get("error");
  return (
    <>
      {error !== null && (
        <p role="alert" className="error">
          {a.refusedThere[error] ?? a.refusedThere.invalid}
        </p>
      )}
      <a className="button" href={`/api/oidc/start?next=${encodeURIComponent(next)}`}>
        {a.signInWith(oidc.name)}
      </a>
      <p className="or">
        <span>{a.or}</span>
      </p>
    </>
  );
}
