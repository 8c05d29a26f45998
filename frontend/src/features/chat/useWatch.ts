import { useEffect } from "react";
import type { Chat } from "../../sync/chat/chat";

/** Tells the chat whether its newest message is in front of somebody's eyes. */
export function useWatch(chat: Chat, isInSight: boolean): void {
  useEffect(() => {
    const look = () =>
      chat.watch(isInSight && document.visibilityState === "visible" && document.hasFocus());
    look();
    window.addEventListener("focus", look);
    window.addEventListener("blur", look);
    document.addEventListener("visibilitychange", look);
    return () => {
      window.removeEventListener("focus", look);
      window.removeEventListener("blur", look);
      document.removeEventListener("visibilitychange", look);
    };
  }, [chat, isInSight]);
  useEffect(() => () => chat.watch(false), [chat]);
}
