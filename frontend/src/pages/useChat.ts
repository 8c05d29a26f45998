/** The chat of the open page, and what it can do with the page's text. */
import { useQueryClient } from "@tanstack/react-query";
import type { Editor } from "@tiptap/core";
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { useSearchParams } from "react-router";
import { addTask, findQuote, quoteOf, showQuote } from "../editor/quote";
import type { PageLink } from "../features/chat/context";
import { showUnread } from "../features/tree/unread";
import { c } from "../locales";
import { Chat } from "../sync/chat/chat";
import { DraftBox } from "../sync/chat/draft";
import { toast } from "../ui/toast";
import { useMe } from "./me";
import { type Talk, useTalk } from "./talk";

export interface OpenChat {
  chat: Chat;
  draft: DraftBox;
  talk: Talk;
}

/** Follows the document from the moment that it is opened, whether or not the panel is. */
export function useChat(document: string): OpenChat | null {
  const talk = useTalk();
  const me = useMe().user;
  const queries = useQueryClient();
  const [opened, setOpened] = useState<OpenChat | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another name is not another person
  useEffect(() => {
    if (talk === null) return;
    const { wire, outbox, storage } = talk;
    const chat = new Chat({ document, me, wire, outbox, storage });
    const draft = new DraftBox(document, storage);
    void chat.open();
    void draft.open();
    setOpened({ chat, draft, talk });
    return () => {
      setOpened(null);
      // From here on the server counts what is not read there.
      showUnread(queries, document, chat.getView().unread);
      chat.close();
      void draft.keep();
    };
  }, [talk, document, me.id]);
  return opened;
}

const nobody = () => () => {};

export function useUnreadCount(opened: OpenChat | null): number {
  return useSyncExternalStore(
    opened?.chat.subscribe ?? nobody,
    () => opened?.chat.getView().unread.count ?? 0,
  );
}

/** How the chat reaches into the text. */
export function usePageLink(document: string, editor: Editor | null, canEdit: boolean): PageLink {
  return useMemo(
    () => ({
      showQuote: (quote) => editor !== null && showQuote(editor, quote),
      // Until the text is there nobody can say that it is gone.
      hasQuote: (quote) => editor === null || findQuote(editor, quote) !== null,
      addTask:
        editor !== null && canEdit
          ? (text, href) => addTask(editor, text, { text: c.links, href })
          : null,
      addressOf: (message) =>
        `${location.origin}/d/${encodeURIComponent(document)}?message=${encodeURIComponent(message)}`,
    }),
    [document, editor, canEdit],
  );
}

/** "Quote in chat" puts what is selected into the field of the chat. */
export function useQuoting(
  editor: Editor | null,
  opened: OpenChat | null,
  onQuoted: () => void,
): void {
  const latest = useRef(onQuoted);
  latest.current = onQuoted;
  useEffect(() => {
    if (editor === null || opened === null) return;
    const quote = () => {
      const found = quoteOf(editor);
      if (found === null) {
        toast(c.cannotQuote);
        return;
      }
      opened.draft.change({ quote: found });
      latest.current();
    };
    editor.on("quoteWanted", quote);
    return () => {
      editor.off("quoteWanted", quote);
    };
  }, [editor, opened]);
}

/** An address with a message leads to it, and so does a link in the text. */
export function useWantedMessage(
  editor: Editor | null,
  opened: OpenChat | null,
  onWanted: () => void,
): void {
  const [params, setParams] = useSearchParams();
  const wanted = params.get("message");
  const latest = useRef(onWanted);
  latest.current = onWanted;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each message that is wanted
  useEffect(() => {
    if (wanted === null || opened === null) return;
    latest.current();
    void opened.chat.goTo(wanted).then((isThere) => !isThere && toast(c.notThere));
    setParams(
      (before) => {
        before.delete("message");
        return before;
      },
      { replace: true },
    );
  }, [wanted, opened]);
  useEffect(() => {
    if (editor === null) return;
    const want = ({ id }: { id: string }) => setParams({ message: id }, { replace: true });
    editor.on("messageWanted", want);
    return () => {
      editor.off("messageWanted", want);
    };
  }, [editor, setParams]);
}
