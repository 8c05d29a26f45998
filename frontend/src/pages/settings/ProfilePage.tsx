import { useState } from "react";
import { changeProfile, type Profile } from "../../api/me";
import { a, type Language, language, setLanguage, t } from "../../locales";
import { Field, Form, Submit, type Values } from "../../ui/Form";
import { Section } from "../../ui/Section";
import { Select } from "../../ui/Select";
import { useMe } from "../me";
import { Picture } from "./Picture";
import { useChange } from "./useChange";

/** The same as the server's: white letters can be read on each. */
const COLOURS = [
  "#1F62B5",
  "#A3307E",
  "#1B7340",
  "#9C3B2E",
  "#7A3FB5",
  "#00727A",
  "#8A5A00",
  "#4B4FC9",
  "#4E6B00",
  "#87324F",
  "#3D5A6C",
  "#6B4F3A",
];

export function ProfilePage() {
  return (
    <>
      <Section title={a.picture} text={a.pictureText}>
        <Picture />
      </Section>
      <Section title={a.profile} text={a.profileText}>
        <ProfileForm />
      </Section>
    </>
  );
}

function ProfileForm() {
  const { user, ...me } = useMe();
  const change = useChange(changeProfile, a.profileSaved);
  const [colour, setColour] = useState(user.colour);
  const submit = async (values: Values) => {
    const wanted: Profile = {
      name: values.name ?? user.name,
      language: (values.language || null) as Language | null,
      time_zone: values.zone || null,
      ...(colour === user.colour ? {} : { colour }),
    };
    await change.mutateAsync(wanted).then(
      () => wanted.language && wanted.language !== language() && setLanguage(wanted.language),
      () => undefined,
    );
  };
  return (
    <Form onSubmit={(values) => void submit(values)} error={change.error}>
      <Field
        label={a.name}
        name="name"
        autoComplete="name"
        required
        maxLength={64}
        defaultValue={user.name}
      />
      <Colours chosen={colour} onChoose={setColour} />
      <Select
        label={t.language}
        name="language"
        defaultValue={me.language ?? ""}
        options={[
          ["", a.browserLanguage],
          ["en", "English"],
          ["zh", "简体中文"],
        ]}
      />
      <Select
        label={a.timeZone}
        name="zone"
        defaultValue={me.time_zone ?? ""}
        options={zones(me.time_zone)}
      />
      <div className="actions">
        <Submit isBusy={change.isPending}>{a.save}</Submit>
      </div>
    </Form>
  );
}

function zones(chosen: string | null): [string, string][] {
  const known = Intl.supportedValuesOf("timeZone");
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const all = chosen === null || known.includes(chosen) ? known : [chosen, ...known];
  return [["", a.browserTimeZone(here)], ...all.map((zone): [string, string] => [zone, zone])];
}

function Colours({ chosen, onChoose }: { chosen: string; onChoose: (colour: string) => void }) {
  return (
    <fieldset className="colours">
      <legend>{a.colour}</legend>
      {COLOURS.map((colour, index) => (
        <label key={colour} style={{ background: colour }} title={a.colourOf(index + 1)}>
          <input
            type="radio"
            name="colour"
            value={colour}
            aria-label={a.colourOf(index + 1)}
            checked={colour.toLowerCase() === chosen.toLowerCase()}
            onChange={() => onChoose(colour)}
          />
        </label>
      ))}
    </fieldset>
  );
}
