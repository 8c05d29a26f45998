import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { changeSettings, fetchSettings, type WorkspaceSettings } from "../../api/admin";
import { a } from "../../locales";
import { Failure, Field, Form, Submit, type Values } from "../../ui/Form";
import { Section } from "../../ui/Section";
import { Select } from "../../ui/Select";
import { Skeleton } from "../../ui/Skeleton";
import { toast } from "../../ui/toast";

export function WorkspacePage() {
  const settings = useQuery({ queryKey: ["settings"], queryFn: fetchSettings });
  return (
    <Section title={a.workspace} text={a.workspaceText}>
      {settings.isPending && <Skeleton />}
      <Failure error={settings.error} />
      {settings.data && <SettingsForm settings={settings.data} />}
    </Section>
  );
}

function SettingsForm({ settings }: { settings: WorkspaceSettings }) {
  const queries = useQueryClient();
  const change = useMutation({
    mutationFn: (values: Values) => changeSettings(settingsOf(values)),
    onSuccess: (changed) => {
      queries.setQueryData(["settings"], changed);
      void queries.invalidateQueries({ queryKey: ["setup"] });
      toast(a.workspaceSaved);
    },
  });
  const { general, role } = settings.default_access;
  return (
    <Form onSubmit={change.mutate} error={change.error}>
      <Field
        label={a.workspaceName}
        name="workspace"
        required
        maxLength={64}
        autoComplete="off"
        defaultValue={settings.workspace}
      />
      <Select
        label={a.signUp}
        name="sign_up"
        defaultValue={settings.sign_up}
        options={Object.entries(a.signUpModes)}
      />
      <Field
        label={a.domains}
        name="domains"
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        hint={a.domainsHint}
        defaultValue={settings.allowed_domains.join(", ")}
      />
      <label className="check">
        <input type="checkbox" name="members_invite" defaultChecked={settings.members_invite} />
        {a.membersInvite}
      </label>
      <Select
        label={a.newPages}
        name="access"
        defaultValue={general === "private" ? "private" : role}
        options={Object.entries(a.newPagesFor)}
      />
      <Field
        label={a.trashDays}
        name="trash_days"
        type="number"
        inputMode="numeric"
        required
        min={1}
        max={3650}
        hint={a.trashDaysHint}
        defaultValue={settings.trash_days}
      />
      <Field
        label={a.recallSeconds}
        name="recall_seconds"
        type="number"
        inputMode="numeric"
        min={0}
        max={31_536_000}
        hint={a.recallSecondsHint}
        defaultValue={settings.recall_seconds ?? ""}
      />
      <div className="actions">
        <Submit isBusy={change.isPending}>{a.save}</Submit>
      </div>
    </Form>
  );
}

function settingsOf(values: Values): WorkspaceSettings {
  const access = values.access ?? "edit";
  const isPrivate = access === "private";
  return {
    workspace: values.workspace ?? "",
    sign_up: values.sign_up as WorkspaceSettings["sign_up"],
    members_invite: values.members_invite !== undefined,
    default_access: {
      general: isPrivate ? "private" : "workspace",
      role: isPrivate ? "edit" : access,
    },
    trash_days: Number(values.trash_days),
    recall_seconds: values.recall_seconds ? Number(values.recall_seconds) : null,
    allowed_domains: (values.domains ?? "")
      .toLowerCase()
      .split(/[\s,;]+/)
      .filter(Boolean),
  };
}
