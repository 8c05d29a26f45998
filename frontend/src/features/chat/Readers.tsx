import { useEffect, useState } from "react";
import { fetchReaders } from "../../api/messages";
import { c, t } from "../../locales";
import type { Person } from "../../protocol/control";
import { Face } from "../../ui/Face";
import { Skeleton } from "../../ui/Skeleton";

interface Answer {
  read: Person[];
  delivered: Person[];
}

/** Who has read a message, and whom it reached: asked for when it is opened. */
export function Readers({ message }: { message: string }) {
  const [answer, setAnswer] = useState<Answer | null | "failed">(null);
  useEffect(() => {
    let isWanted = true;
    fetchReaders(message).then(
      (found) => isWanted && setAnswer(found),
      () => isWanted && setAnswer("failed"),
    );
    return () => {
      isWanted = false;
    };
  }, [message]);
  if (answer === null) return <Skeleton />;
  if (answer === "failed") return <p className="muted">{t.cannotReach}</p>;
  const waiting = answer.delivered.filter(({ id }) => !answer.read.some((each) => each.id === id));
  return (
    <div className="readers">
      {answer.read.length === 0 && <p className="muted">{c.noReaders}</p>}
      <People title={c.hasRead} people={answer.read} />
      <People title={c.hasIt} people={waiting} />
    </div>
  );
}

function People({ title, people }: { title: string; people: Person[] }) {
  if (people.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul>
        {people.map((person) => (
          <li key={person.id}>
            <Face person={person} /> <span className="name">{person.name}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
