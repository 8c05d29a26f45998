import { p } from "../../locales";
import { Face } from "../../ui/Face";
import type { Follow } from "./useFollow";

/** Whom one follows, and how to stop. Always there for screen readers, seen only while it says something. */
export function FollowBar({ follow }: { follow: Follow }) {
  const { person, isInSight, stop } = follow;
  return (
    <div className="following" role="status">
      {person !== null && (
        <>
          <Face person={person} />
          <span>{isInSight ? p.following(person.name) : p.waiting(person.name)}</span>
          <button type="button" className="button small" onClick={stop}>
            {p.stop}
          </button>
        </>
      )}
    </div>
  );
}
