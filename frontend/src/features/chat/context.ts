import { createContext, useContext } from "react";
import type { Quote } from "../../protocol/message";
import type { Chat } from "../../sync/chat/chat";
import type { DraftBox } from "../../sync/chat/draft";
import type { Uploads } from "../../sync/uploads";

/** What the chat can do with the page beside it. */
export interface PageLink {
  /** Scrolls to the quoted text and flashes it. False: it is gone. */
  showQuote: (quote: Quote) => boolean;
  hasQuote: (quote: Quote) => boolean;
  /** Null: I may not write in the page. */
  addTask: ((text: string, address: string) => void) | null;
  addressOf: (message: string) => string;
}

export interface ChatParts {
  chat: Chat;
  draft: DraftBox;
  uploads: Uploads;
  page: PageLink;
  /** How long a voice message may last. */
  voiceSeconds: number;
  /** Say, react, pin. */
  mayWrite: boolean;
  /** Recall and unpin what others said and pinned. */
  mayManage: boolean;
}

export const ChatContext = createContext<ChatParts | null>(null);

export function useChatParts(): ChatParts {
  const parts = useContext(ChatContext);
  if (parts === null) throw new Error("the chat's parts belong inside its panel");
  return parts;
}
