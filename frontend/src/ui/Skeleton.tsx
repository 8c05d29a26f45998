import { t } from "../locales";

/** Stands where a list or (`isPaper`) a document will be, in its place and size: nothing jumps when it comes. */
export function Skeleton({ isPaper = false }: { isPaper?: boolean }) {
  return (
    <div className={isPaper ? "skeletons paper" : "skeletons"} role="status" aria-label={t.loading}>
      <span />
      <span />
      <span />
    </div>
  );
}
