import { useEffect, useState } from "react";
import { fetchRevisions, type Revision } from "../../api/messages";
import { c, t } from "../../locales";
import type { Message } from "../../protocol/message";
import { Skeleton } from "../../ui/Skeleton";
import { MessageText } from "./MessageText";
import { fullTime } from "./time";

/** What an edited message said before, newest first. */
export function Revisions({ message, me }: { message: Message; me: string }) {
  const [found, setFound] = useState<Revision[] | null | "failed">(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another revision is another history
  useEffect(() => {
    let isWanted = true;
    fetchRevisions(message.id).then(
      (revisions) => isWanted && setFound(revisions),
      () => isWanted && setFound("failed"),
    );
    return () => {
      isWanted = false;
    };
  }, [message.id, message.revision]);
  if (found === null) return <Skeleton />;
  if (found === "failed") return <p className="muted">{t.cannotReach}</p>;
  const earlier = found.filter(({ revision }) => revision < message.revision);
  return (
    <ol className="revisions">
      <li>
        <p className="muted small">{c.now}</p>
        <MessageText text={message.text ?? ""} me={me} />
      </li>
      {earlier.reverse().map(({ revision, text, at }) => (
        <li key={revision}>
          <p className="muted small">{fullTime(at)}</p>
          <MessageText text={text} me={me} />
        </li>
      ))}
    </ol>
  );
}
