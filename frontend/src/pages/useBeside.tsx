/** What stands beside the text of a page, and how the two reach each other. */
import type { Editor } from "@tiptap/core";
import { type CSSProperties, lazy, type ReactNode, Suspense, useRef } from "react";
import { c } from "../locales";
import type { Role } from "../protocol/control";
import type { Snapshot } from "../sync/session";
import { Skeleton } from "../ui/Skeleton";
import { useMedia } from "../ui/useMedia";
import { useMe } from "./me";
import { PHONE, RightPanel } from "./RightPanel";
import { type OpenChat, useChat, usePageLink, useQuoting, useWantedMessage } from "./useChat";
import { usePanelKey, useRightPanel } from "./useRightPanel";

const ChatPanel = lazy(() =>
  import("../features/chat/ChatPanel").then((part) => ({ default: part.ChatPanel })),
);

export interface Beside {
  chat: OpenChat | null;
  isOpen: boolean;
  toggle: () => void;
  mayWrite: boolean;
  panel: ReactNode;
  style: CSSProperties;
}

export function useBeside(id: string, editor: Editor | null, snapshot: Snapshot): Beside {
  const chat = useChat(id);
  const me = useMe();
  const isNarrow = useMedia(PHONE);
  const { isOpen, open, width, resize } = useRightPanel(isNarrow);
  const field = useRef<HTMLTextAreaElement>(null);
  const before = useRef<Element | null>(null);
  const page = usePageLink(id, editor, snapshot.canEdit);
  const show = () => {
    open(true);
    focusWhenThere(field);
  };
  useQuoting(editor, chat, show);
  useWantedMessage(editor, chat, () => open(true));
  const mayWrite = mayComment(snapshot.role);
  const giveBack = () => {
    if (before.current instanceof HTMLElement) before.current.focus();
  };
  const close = () => {
    open(false);
    // A sheet holds the focus until it is gone.
    if (!isNarrow) giveBack();
  };
  const toggle = () => {
    if (isOpen) return close();
    before.current = document.activeElement;
    open(true);
    if (!isNarrow && mayWrite) focusWhenThere(field);
  };
  usePanelKey(toggle);
  const panel = isOpen && chat && (
    <RightPanel
      width={width}
      onResize={resize}
      onClose={close}
      onClosed={giveBack}
      tabs={[
        {
          name: "chat",
          title: c.chat,
          content: (
            <Suspense fallback={<Skeleton />}>
              <ChatPanel
                chat={chat.chat}
                draft={chat.draft}
                uploads={chat.talk.uploads}
                page={page}
                voiceSeconds={me.voice_seconds}
                mayWrite={mayWrite}
                mayManage={snapshot.role === "manage"}
                field={field}
              />
            </Suspense>
          ),
        },
      ]}
    />
  );
  const style = { "--panel": `${width}px` } as CSSProperties;
  return { chat, isOpen, toggle, mayWrite, panel, style };
}

/** Before the server has said it, one who was here before may write, and what may not be sent says so. */
const mayComment = (role: Role | null) => role !== "view";

const TRIES = 60;

/** The panel is fetched when it is opened for the first time. Whoever went elsewhere meanwhile stays there. */
function focusWhenThere(
  field: { current: HTMLElement | null },
  from = document.activeElement,
  tries = TRIES,
): void {
  requestAnimationFrame(() => {
    const now = document.activeElement;
    if (now !== from && now !== document.body) return;
    if (field.current) field.current.focus();
    else if (tries > 0) focusWhenThere(field, from, tries - 1);
  });
}
