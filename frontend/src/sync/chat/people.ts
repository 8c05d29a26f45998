/** Who is named in one chat, as they were last told of. */
import type { Person } from "../../protocol/control";
import type { Message } from "../../protocol/message";

export class People {
  /** Another map each time that somebody is new in it. */
  known: ReadonlyMap<string, Person> = new Map();

  meet(person: Person): void {
    const known = this.known.get(person.id);
    if (known?.name === person.name && known.avatar === person.avatar) return;
    this.known = new Map(this.known).set(person.id, person);
  }

  meetAll({ author, recalled, pinned }: Message): void {
    this.meet(author);
    if (recalled) this.meet(recalled.by);
    if (pinned) this.meet(pinned.by);
  }
}
