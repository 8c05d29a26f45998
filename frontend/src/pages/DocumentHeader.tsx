import { Ellipsis } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { fetchMarkdown } from "../api/client";
import { BODY } from "../editor/extensions";
import { t } from "../locales";
import type { Person } from "../protocol/frames";
import type { DocumentSession, Snapshot } from "../sync/session";
import { download } from "../ui/download";
import { Faces } from "../ui/Face";
import { SyncChip } from "../ui/SyncChip";
import { toast } from "../ui/toast";
import { TopBar } from "./TopBar";

interface Props {
  id: string;
  session: DocumentSession;
  snapshot: Snapshot;
}

export function DocumentHeader({ id, session, snapshot }: Props) {
  const title = useTitle(session);
  const people = usePeople(session, snapshot.user);
  const copyMine = () => copy(plainText(session));
  const downloadMine = () => download(`${title || t.untitled}.md`, plainText(session));
  useEffect(() => {
    document.title = `${title || t.untitled} · ${t.appName}`;
  }, [title]);
  return (
    <TopBar>
      <nav className="crumbs">
        <Link to="/" className="crumb muted">
          {t.documents}
        </Link>
        <span className="muted" aria-hidden="true">
          /
        </span>
        <span className="crumb name">{title || t.untitled}</span>
      </nav>
      <SyncChip status={snapshot.status} onCopy={copyMine} onDownload={downloadMine} />
      <span className="grow" />
      <Faces people={people} onClick={(person) => scrollToCaret(person)} />
      <DropdownMenu.Root>
        <DropdownMenu.Trigger className="icon-button" aria-label={t.more}>
          <Ellipsis size={16} aria-hidden="true" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="menu" align="end" sideOffset={6}>
            <DropdownMenu.Item className="menu-item" onSelect={() => copy(location.href)}>
              {t.copyLink}
            </DropdownMenu.Item>
            <DropdownMenu.Item className="menu-item" onSelect={async () => copy(await fetchMarkdown(id))}>
              {t.copyMarkdown}
            </DropdownMenu.Item>
            <DropdownMenu.Item
              className="menu-item"
              onSelect={async () => download(`${title || t.untitled}.md`, await fetchMarkdown(id))}
            >
              {t.download}
            </DropdownMenu.Item>
            <DropdownMenu.Label className="menu-label">{t.words(countWords(session))}</DropdownMenu.Label>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
    </TopBar>
  );
}

async function copy(text: string): Promise<void> {
  await navigator.clipboard.writeText(text);
  toast(t.copied);
}

function plainText(session: DocumentSession): string {
  const body = document.querySelector<HTMLElement>(".ProseMirror")?.innerText ?? "";
  return `# ${session.doc.getText("title").toString()}\n\n${body}\n`;
}

function countWords(session: DocumentSession): number {
  const text = session.doc.getXmlFragment(BODY).toString().replace(/<[^>]*>/g, " ");
  return text.split(/\s+/).filter(Boolean).length;
}

function useTitle(session: DocumentSession): string {
  const [title, setTitle] = useState("");
  useEffect(() => {
    const text = session.doc.getText("title");
    const read = () => setTitle(text.toString());
    read();
    text.observe(read);
    return () => text.unobserve(read);
  }, [session]);
  return title;
}

/** The others here, each once, then me. */
function usePeople(session: DocumentSession, me: Person | null): Person[] {
  const [others, setOthers] = useState<Person[]>([]);
  useEffect(() => {
    const read = () => {
      const found = new Map<string, Person>();
      for (const [client, state] of session.awareness.getStates()) {
        const user = state.user as Person | undefined;
        if (client !== session.doc.clientID && user?.id) found.set(user.id, user);
      }
      setOthers([...found.values()]);
    };
    read();
    session.awareness.on("change", read);
    return () => session.awareness.off("change", read);
  }, [session]);
  return me?.id ? [...others.filter((p) => p.id !== me.id), me] : others;
}

function scrollToCaret(person: Person): void {
  const caret = document.querySelector(`[data-person="${CSS.escape(person.id)}"]`);
  caret?.scrollIntoView({ block: "center", behavior: "smooth" });
}
