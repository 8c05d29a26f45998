import { useInfiniteQuery } from "@tanstack/react-query";
import { Download, ShieldAlert, ShieldCheck } from "lucide-react";
import { type AuditEntry, fetchAudit } from "../../api/admin";
import { a, t } from "../../locales";
import { Failure } from "../../ui/Form";
import { Section } from "../../ui/Section";
import { Skeleton } from "../../ui/Skeleton";
import { exactly } from "../../ui/time";

const ICON = { size: 16, strokeWidth: 1.75, "aria-hidden": true } as const;

export function AuditPage() {
  const audit = useInfiniteQuery({
    queryKey: ["audit"],
    queryFn: ({ pageParam }) => fetchAudit(pageParam),
    initialPageParam: null as number | null,
    getNextPageParam: ({ entries }) => {
      const last = entries.at(-1)?.seq;
      return last === undefined || last <= 1 ? undefined : last;
    },
  });
  const entries = audit.data?.pages.flatMap((page) => page.entries) ?? [];
  const isIntact = audit.data?.pages.every((page) => page.is_intact);
  return (
    <Section title={a.audit} text={a.auditText}>
      <div className="audit-bar">
        {isIntact !== undefined && <Chain isIntact={isIntact} />}
        <span className="grow" />
        <a className="button small" href="/api/audit/export" download>
          <Download {...ICON} /> {a.exportAudit}
        </a>
      </div>
      {audit.isPending && <Skeleton />}
      <Failure error={audit.error} />
      {entries.length > 0 && <Entries entries={entries} />}
      {audit.hasNextPage && (
        <button
          type="button"
          className="button"
          aria-busy={audit.isFetchingNextPage}
          onClick={() => void audit.fetchNextPage()}
        >
          {a.loadMore}
        </button>
      )}
    </Section>
  );
}

function Chain({ isIntact }: { isIntact: boolean }) {
  return (
    <span className={`tag ${isIntact ? "ok" : "danger"}`}>
      {isIntact ? <ShieldCheck {...ICON} /> : <ShieldAlert {...ICON} />}
      {isIntact ? a.intact : a.broken_chain}
    </span>
  );
}

function Entries({ entries }: { entries: AuditEntry[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it sideways with the arrow keys
    <section className="table" tabIndex={0} aria-label={a.audit}>
      <table>
        <thead>
          <tr>
            {[a.when, a.who, a.what, a.about, a.details].map((each) => (
              <th key={each} scope="col">
                {each}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {entries.map((each) => (
            <tr key={each.seq}>
              <td>
                <time dateTime={each.at}>{exactly(each.at)}</time>
              </td>
              <td>{each.actor === null ? a.theServer : each.actor.name || each.actor.id}</td>
              <td title={each.action}>{t.audit[each.action] ?? each.action}</td>
              <td className="code">{each.object}</td>
              <td className="code details">{detailsOf(each.data)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function detailsOf(data: Record<string, unknown>): string {
  return Object.entries(data)
    .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}
