import type { Message } from "../../protocol/message";
import type { Pending } from "../../sync/chat/outbox";
import { useChatParts } from "./context";
import { MessageText } from "./MessageText";
import { OutgoingFile, useUploads } from "./media";
import { Quoted } from "./Quoted";
import { ReplyLine } from "./ReplyLine";
import { PendingState } from "./States";

/** What I said and the server does not have yet. */
export function PendingItem({
  pending,
  parent,
}: {
  pending: Pending;
  parent: Message | null | undefined;
}) {
  const { chat, uploads } = useChatParts();
  const files = useUploads(uploads, pending.files);
  return (
    <div className={`message mine first pending-message ${pending.state}`}>
      <div className="message-column">
        {pending.replyTo !== null && <ReplyLine id={pending.replyTo} parent={parent} />}
        {(pending.quote || pending.text !== "") && (
          <div className="bubble-text">
            {pending.quote && <Quoted quote={pending.quote} />}
            {pending.text !== "" && <MessageText text={pending.text} me={chat.me.id} />}
          </div>
        )}
        {files.map((upload) => (
          <OutgoingFile key={upload.key} upload={upload} />
        ))}
        <footer className="message-foot">
          <PendingState pending={pending} />
        </footer>
      </div>
    </div>
  );
}
