import {
  CHANNELS,
  type Channel,
  type Preferences as Chosen,
  changePreferences,
  fetchPreferences,
  KINDS,
  type Kind,
  type PreferencesChange,
} from "../../api/notifications";
import { n } from "../../locales";
import { Section } from "../../ui/Section";
import { Skeleton } from "../../ui/Skeleton";
import { Switch } from "../../ui/Switch";
import { useKept } from "./useKept";

/** Each event by each channel: a tick is kept at once. */
export function Preferences() {
  const [chosen, change] = useKept({
    key: "notification-preferences",
    fetch: fetchPreferences,
    keep: changePreferences,
    merge: merged,
  });
  return (
    <Section title={n.settings} text={n.settingsText}>
      {chosen === undefined ? (
        <Skeleton />
      ) : (
        <>
          <Matrix chosen={chosen} onChange={change} />
          {!chosen.has_mail && <p className="small muted">{n.noMail}</p>}
          <Switch
            label={n.preview}
            text={n.previewText}
            isOn={chosen.shows_preview}
            onChange={(shows_preview) => change({ shows_preview })}
          />
        </>
      )}
    </Section>
  );
}

function merged(now: Chosen, { events = {}, ...rest }: PreferencesChange): Chosen {
  const both = KINDS.map((kind) => [kind, { ...now.events[kind], ...events[kind] }]);
  return { ...now, ...rest, events: Object.fromEntries(both) };
}

interface MatrixProps {
  chosen: Chosen;
  onChange: (change: PreferencesChange) => void;
}

function Matrix({ chosen, onChange }: MatrixProps) {
  const cell = (kind: Kind, channel: Channel) => (
    <td key={channel}>
      <label className="tick">
        <input
          type="checkbox"
          aria-label={n.by(n.events[kind], n.channels[channel])}
          checked={chosen.events[kind][channel]}
          disabled={channel === "mail" && !chosen.has_mail}
          onChange={({ target }) => onChange({ events: { [kind]: { [channel]: target.checked } } })}
        />
      </label>
    </td>
  );
  return (
    <table className="matrix">
      <thead>
        <tr>
          <th scope="col">
            <span className="unseen">{n.event}</span>
          </th>
          {CHANNELS.map((channel) => (
            <th key={channel} scope="col">
              {n.channels[channel]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {KINDS.map((kind) => (
          <tr key={kind}>
            <th scope="row">{n.events[kind]}</th>
            {CHANNELS.map((channel) => cell(kind, channel))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
