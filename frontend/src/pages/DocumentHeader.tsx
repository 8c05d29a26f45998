import { useQueryClient } from "@tanstack/react-query";
import { Star } from "lucide-react";
import { useEffect, useState } from "react";
import { FollowBar } from "../features/presence/FollowBar";
import { Here } from "../features/presence/Here";
import { useFollow } from "../features/presence/useFollow";
import { type Presence, usePresence } from "../features/presence/usePresence";
import { ShareButton } from "../features/sharing/ShareButton";
import { dialog, usePageActions } from "../features/tree/actions";
import { Crumbs } from "../features/tree/Crumbs";
import { useIsFavourite } from "../features/tree/favourites";
import { showTitle } from "../features/tree/usePages";
import { t } from "../locales";
import type { Person } from "../protocol/frames";
import type { DocumentSession, Snapshot } from "../sync/session";
import { SyncChip } from "../ui/SyncChip";
import { ChatButton } from "./ChatButton";
import { DocumentMenu } from "./DocumentMenu";
import { TopBar } from "./TopBar";
import { useTalk } from "./talk";
import type { OpenChat } from "./useChat";
import { useIsMember } from "./useMember";

interface Props {
  id: string;
  session: DocumentSession;
  snapshot: Snapshot;
  chat: OpenChat | null;
  isChatOpen: boolean;
  onChat: () => void;
}

export function DocumentHeader({ id, session, snapshot, chat, isChatOpen, onChat }: Props) {
  const title = useTitle(session);
  const cursors = useCursors(session, snapshot.user);
  const presence = usePresence(id, useTalk()?.wire ?? null, session) ?? fromCursors(id, cursors);
  const follow = useFollow(session, presence);
  const isMember = useIsMember();
  useEffect(() => {
    document.title = `${title || t.untitled} · ${t.appName}`;
  }, [title]);
  useTitleInTree(id, title, snapshot.isReady);
  return (
    <>
      <TopBar>
        <Crumbs id={id} title={title} />
        {isMember && <StarButton id={id} />}
        <SyncChip status={snapshot.status} />
        <span className="grow" />
        {presence.count > 0 && (
          <Here presence={presence} me={snapshot.user} onFollow={follow.begin} />
        )}
        <ShareButton id={id} onClick={() => dialog.set({ name: "share", id })} />
        <ChatButton opened={chat} isOpen={isChatOpen} onToggle={onChat} />
        <DocumentMenu id={id} session={session} />
      </TopBar>
      <FollowBar follow={follow} />
    </>
  );
}

function StarButton({ id }: { id: string }) {
  const isFavourite = useIsFavourite(id);
  const { favour } = usePageActions();
  return (
    <button
      type="button"
      className="icon-button star"
      aria-label={t.star}
      aria-pressed={isFavourite}
      title={isFavourite ? t.starred : t.star}
      onClick={() => favour(id, !isFavourite)}
    >
      <Star size={16} strokeWidth={1.75} aria-hidden="true" />
    </button>
  );
}

/** Each letter of the title is in the sidebar at once. */
function useTitleInTree(id: string, title: string, isReady: boolean): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (isReady) showTitle(queries, id, title);
  }, [queries, id, title, isReady]);
  useEffect(() => () => showTitle(queries, id, null), [queries, id]);
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

/** Where nobody else can tell who is here, the cursors do. */
function fromCursors(id: string, people: readonly Person[]): Presence {
  const present = people.map((person) => ({
    person: { ...person, avatar: person.avatar ?? null },
    state: "active" as const,
    doing: "viewing" as const,
    devices: 1,
    seen_at: null,
  }));
  return { document: id, count: people.length, is_partial: true, is_local: false, people: present };
}

/** The others here, each once, then me. */
function useCursors(session: DocumentSession, me: Person | null): Person[] {
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
