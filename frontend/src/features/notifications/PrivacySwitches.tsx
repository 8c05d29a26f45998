import { changePrivacy, fetchPrivacy, type Privacy } from "../../api/notifications";
import { n } from "../../locales";
import { Section } from "../../ui/Section";
import { Skeleton } from "../../ui/Skeleton";
import { Switch } from "../../ui/Switch";
import { useKept } from "./useKept";

const SWITCHES: [keyof Privacy, string, string][] = [
  ["receipts", n.receipts, n.receiptsText],
  ["is_invisible", n.invisible, n.invisibleText],
  ["last_seen", n.lastSeen, n.lastSeenText],
];

/** What others learn of one. */
export function PrivacySwitches() {
  const [chosen, change] = useKept({
    key: "privacy",
    fetch: fetchPrivacy,
    keep: changePrivacy,
    merge: (now: Privacy, next: Partial<Privacy>) => ({ ...now, ...next }),
  });
  return (
    <Section title={n.privacy} text={n.privacyText}>
      {chosen === undefined ? (
        <Skeleton />
      ) : (
        SWITCHES.map(([name, label, text]) => (
          <Switch
            key={name}
            label={label}
            text={text}
            isOn={chosen[name]}
            onChange={(isOn) => change({ [name]: isOn })}
          />
        ))
      )}
    </Section>
  );
}
