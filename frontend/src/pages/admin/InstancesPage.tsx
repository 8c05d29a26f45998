import { useQuery } from "@tanstack/react-query";
import { fetchInstances, type Instance } from "../../api/admin";
import { a } from "../../locales";
import { Failure } from "../../ui/Form";
import { Section } from "../../ui/Section";
import { Skeleton } from "../../ui/Skeleton";
import { ago, exactly } from "../../ui/time";

const LOOK_MS = 5000;

/** The servers of this installation, as they say themselves every few seconds. */
export function InstancesPage() {
  const found = useQuery({
    queryKey: ["instances"],
    queryFn: fetchInstances,
    refetchInterval: LOOK_MS,
  });
  const servers = found.data?.instances ?? [];
  const isAlone = servers.length === 1;
  return (
    <Section title={a.instances} text={isAlone ? a.oneInstanceText : a.instancesText}>
      {found.isPending && <Skeleton />}
      <Failure error={found.error} />
      {found.data !== undefined && servers.length > 0 && (
        <Servers servers={servers} now={Date.parse(found.data.at)} />
      )}
    </Section>
  );
}

function Servers({ servers, now }: { servers: Instance[]; now: number }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: whoever has no mouse scrolls it sideways with the arrow keys
    <section className="table instances" tabIndex={0} aria-label={a.instances}>
      <table>
        <thead>
          <tr>
            {[a.server, a.state, a.started].map((each) => (
              <th key={each} scope="col">
                {each}
              </th>
            ))}
            {[a.documentsOpen, a.connections, a.loopLag, a.behind, a.memory].map((each) => (
              <th key={each} scope="col" className="number">
                {each}
              </th>
            ))}
            <th scope="col">{a.version}</th>
          </tr>
        </thead>
        <tbody>
          {servers.map((each) => (
            <Row key={each.id} server={each} now={now} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Row({ server, now }: { server: Instance; now: number }) {
  const { connections } = server;
  return (
    <tr className={server.is_here ? undefined : "gone"}>
      <th scope="row">
        <span className="name">{server.host}</span>
        <span className="small muted code">{a.process(server.pid)}</span>
        {server.is_this && <span className="tag">{a.thisServer}</span>}
      </th>
      <td>
        <State server={server} now={now} />
      </td>
      <td>
        <time dateTime={server.started_at} title={exactly(server.started_at)}>
          {ago(server.started_at, now)}
        </time>
      </td>
      <Count value={server.is_here ? server.rooms : null} />
      <Count
        value={server.is_here ? connections.sync + connections.live : null}
        title={a.connectionsOf(connections.sync, connections.live)}
      />
      <Count value={server.is_here ? server.loop_lag_ms : null} unit="ms" />
      <Count value={server.is_here ? server.behind : null} />
      <Count value={server.is_here ? Math.round(server.rss_mb) : null} unit="MB" />
      <td className="code">{server.version}</td>
    </tr>
  );
}

function State({ server, now }: { server: Instance; now: number }) {
  if (!server.is_here) {
    return (
      <>
        <span className="tag">{a.gone}</span>
        <time className="small muted why" dateTime={server.seen_at} title={exactly(server.seen_at)}>
          {a.lastHeard(ago(server.seen_at, now))}
        </time>
      </>
    );
  }
  if (server.mode === "normal") return <span className="tag ok">{a.modeNormal}</span>;
  return (
    <>
      <span className="tag warn">{a.modeDegraded}</span>
      <span className="small muted why">{server.why !== null && a.serverWhy(server.why)}</span>
    </>
  );
}

function Count({ value, unit, title }: { value: number | null; unit?: string; title?: string }) {
  return (
    <td className="number" title={value === null ? undefined : title}>
      {value === null ? "\u2013" : unit === undefined ? value : `${value} ${unit}`}
    </td>
  );
}
