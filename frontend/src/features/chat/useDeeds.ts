/** What can be done with a message, and what is said when it could not be done. */
import { c, t } from "../../locales";
import type { Message } from "../../protocol/message";
import { Refused } from "../../sync/chat/wire";
import { copyText } from "../../ui/copy";
import { toast } from "../../ui/toast";
import { useChatParts } from "./context";
import { plainOf } from "./markdown";

export function useDeeds() {
  const { chat, page } = useChatParts();
  const me = chat.me.id;
  const attempt = async (deed: Promise<unknown>): Promise<boolean> => {
    try {
      await deed;
      return true;
    } catch (error) {
      toast(whyNot(error));
      return false;
    }
  };
  return {
    attempt,
    react: (message: Message, emoji: string) => {
      const isMine = message.reactions.some(
        (each) => each.emoji === emoji && each.people.includes(me),
      );
      return attempt(chat.react(message, emoji, !isMine));
    },
    recall: (message: Message) => attempt(chat.recall(message)),
    pin: (message: Message) => attempt(chat.pin(message, message.pinned === null)),
    markUnread: (message: Message) => attempt(chat.markUnread(message.seq)),
    copyLink: (message: Message) => copyText(page.addressOf(message.id)),
    copyWords: (message: Message) => copyText(message.text ?? ""),
    makeTask: (message: Message) => {
      page.addTask?.(plainOf(message.text ?? ""), page.addressOf(message.id));
      toast(c.taskMade);
    },
    goTo: async (id: string) => {
      if (!(await chat.goTo(id))) toast(c.notThere);
    },
  };
}

export function whyNot(error: unknown): string {
  return error instanceof Refused ? c.why(error.code, error.message) : t.cannotReach;
}
