import { Copy, Download, Ellipsis, LetterText, Link2 } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { BODY } from "../editor/extensions";
import { t } from "../locales";
import type { Person } from "../protocol/frames";
import type { DocumentSession, Snapshot } from "../sync/session";
import { copyText } from "../ui/copy";
import { download } from "../ui/download";
import { Faces } from "../ui/Face";
import { SyncChip } from "../ui/SyncChip";
import { toast } from "../ui/toast";
import { TopBar } from "./TopBar";
import { fileName, takeAlong } from "./takeAlong";

const ICON = { size: 16, strokeWidth: 1.75, "aria-hidden": true } as const;

interface Props {
  session: DocumentSession;
  snapshot: Snapshot;
}

export function DocumentHeader({ session, snapshot }: Props) {
  const title = useTitle(session);
  const people = usePeople(session, snapshot.user);
  useEffect(() => {
    document.title = `${title || t.untitled} · ${t.appName}`;
  }, [title]);
  return (
    <TopBar>
      <nav className="crumbs" aria-label={t.breadcrumb}>
        <Link to="/" className="crumb muted">
          {t.documents}
        </Link>
        <span className="muted" aria-hidden="true">
          /
        </span>
        <span className="crumb name">{title || t.untitled}</span>
      </nav>
      <SyncChip status={snapshot.status} />
      <span className="grow" />
      <Faces people={people} onClick={(person) => scrollToCaret(person)} />
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger className="icon-button" aria-label={t.more}>
          <Ellipsis size={16} aria-hidden="true" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="menu" align="end" sideOffset={6}>
            <DropdownMenu.Item className="menu-item" onSelect={() => copyText(location.href)}>
              <Link2 {...ICON} /> {t.copyLink}
            </DropdownMenu.Item>
            <DropdownMenu.Item className="menu-item" onSelect={() => copyText(takeAlong(session))}>
              <Copy {...ICON} /> {t.copyMarkdown}
            </DropdownMenu.Item>
            <DropdownMenu.Item
              className="menu-item"
              onSelect={() => download(fileName(session), takeAlong(session))}
            >
              <Download {...ICON} /> {t.download}
            </DropdownMenu.Item>
            <DropdownMenu.Separator className="menu-separator" />
            <WordCount session={session} />
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
    </TopBar>
  );
}

function WordCount({ session }: { session: DocumentSession }) {
  const words = countWords(session);
  return (
    <DropdownMenu.Item
      className="menu-item"
      onSelect={() => toast(`${t.words(words)} · ${t.readingTime(Math.ceil(words / 230))}`)}
    >
      <LetterText {...ICON} /> {t.wordCount}
      <span className="end">{words}</span>
    </DropdownMenu.Item>
  );
}

function countWords(session: DocumentSession): number {
  const text = session.doc
    .getXmlFragment(BODY)
    .toString()
    .replace(/<[^>]*>/g, " ");
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
  const caret = document.querySelector(`.caret[data-person="${CSS.escape(person.id)}"]`);
  if (caret === null) {
    toast(t.notWriting(person.name));
    return;
  }
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  caret.scrollIntoView({ block: "center", behavior: isCalm ? "auto" : "smooth" });
  caret.classList.add("is-moving");
  setTimeout(() => caret.classList.remove("is-moving"), 2000);
}
