import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { fetchMembers, type Member } from "../../api/admin";
import { a } from "../../locales";
import { Face } from "../../ui/Face";
import { Listing } from "../../ui/Listing";
import { Section } from "../../ui/Section";
import { ago, exactly } from "../../ui/time";
import { useMe } from "../me";
import { Invitations } from "./Invitations";
import { MemberMenu } from "./MemberMenu";

export function PeoplePage() {
  const members = useQuery({ queryKey: ["members"], queryFn: fetchMembers });
  const [wanted, setWanted] = useState("");
  const found = useQuery({
    queryKey: ["members"],
    queryFn: fetchMembers,
    select: (all) => all.filter((each) => fits(each, wanted)),
  });
  const id = useId();
  return (
    <>
      <Invitations />
      <Section title={a.people} text={a.peopleText}>
        <div className="field search">
          <label htmlFor={id} className="unseen">
            {a.findPeople}
          </label>
          <input
            id={id}
            type="search"
            placeholder={a.findPeople}
            value={wanted}
            onChange={({ target }) => setWanted(target.value)}
          />
        </div>
        <Listing query={found} label={a.people} empty={a.nobodyFound}>
          {(each) => <MemberRow key={each.id} member={each} all={members.data ?? []} />}
        </Listing>
      </Section>
    </>
  );
}

function fits({ name, email }: Member, wanted: string): boolean {
  const text = `${name} ${email ?? ""}`.toLocaleLowerCase();
  return wanted
    .toLocaleLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

function MemberRow({ member, all }: { member: Member; all: Member[] }) {
  const { user } = useMe();
  return (
    <li className="listed">
      <span aria-hidden="true">
        <Face person={member} />
      </span>
      <span className="about">
        <span className="name">{member.name}</span>
        <span className="small muted">
          {member.email}
          {" · "}
          {member.seen_at ? (
            <time dateTime={member.seen_at} title={exactly(member.seen_at)}>
              {a.lastSeen(ago(member.seen_at))}
            </time>
          ) : (
            a.neverSeen
          )}
        </span>
      </span>
      <span className="tags">
        {member.id === user.id && <span className="tag ok">{a.you}</span>}
        {member.is_operator && <span className="tag">{a.operator}</span>}
        {member.is_suspended && <span className="tag danger">{a.suspended}</span>}
      </span>
      <MemberMenu member={member} all={all} />
    </li>
  );
}
