import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ellipsis } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { changeMember, type Member, makeResetLink, transferPages } from "../../api/admin";
import { a, t } from "../../locales";
import { Form, Submit } from "../../ui/Form";
import { failureText } from "../../ui/failure";
import { Modal } from "../../ui/Modal";
import { Select } from "../../ui/Select";
import { Shown } from "../../ui/Shown";
import { toast } from "../../ui/toast";
import { useMe } from "../me";
import { useDeed } from "../settings/useChange";

type Asked = "suspend" | "transfer" | { reset: string } | null;

/** What an operator can do about somebody. */
export function MemberMenu({ member, all }: { member: Member; all: Member[] }) {
  const me = useMe();
  const queries = useQueryClient();
  const [asked, setAsked] = useState<Asked>(null);
  const { id, name, is_operator, is_suspended } = member;
  const isMe = id === me.user.id;
  const promote = useDeed(
    async () => {
      await changeMember(id, { is_operator: !is_operator });
      if (isMe) await queries.invalidateQueries({ queryKey: ["session"] });
    },
    is_operator ? a.isNoOperator(name) : a.isOperator(name),
    "members",
  );
  const reinstate = useDeed(
    () => changeMember(id, { is_suspended: false }),
    a.isReinstated(name),
    "members",
  );
  const reset = useMutation({
    mutationFn: () => makeResetLink(id),
    onSuccess: (url) => setAsked({ reset: url }),
    onError: (error) => toast(failureText(error)),
  });
  const close = () => setAsked(null);
  return (
    <>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger className="icon-button" aria-label={a.actionsFor(name)}>
          <Ellipsis size={16} aria-hidden="true" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
            <Item
              text={is_operator ? a.unmakeOperator : a.makeOperator}
              onSelect={() => promote.mutate()}
            />
            <Item text={a.resetLink} onSelect={() => reset.mutate()} />
            <Item text={`${a.transfer}…`} onSelect={() => setAsked("transfer")} />
            {!isMe && <DropdownMenu.Separator className="menu-separator" />}
            {!isMe && is_suspended && (
              <Item text={a.reinstate} onSelect={() => reinstate.mutate()} />
            )}
            {!isMe && !is_suspended && (
              <Item text={`${a.suspend}…`} onSelect={() => setAsked("suspend")} />
            )}
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu.Root>
      {asked === "suspend" && <Suspend member={member} onClose={close} />}
      {asked === "transfer" && <Transfer member={member} all={all} onClose={close} />}
      {asked !== null && typeof asked === "object" && (
        <Modal title={a.resetLinkFor(name)} isOpen onClose={close}>
          <div className="stack">
            <p className="muted">{a.resetLinkText}</p>
            <Shown label={a.linkText} value={asked.reset} />
          </div>
        </Modal>
      )}
    </>
  );
}

function Item({ text, onSelect }: { text: string; onSelect: () => void }) {
  return (
    <DropdownMenu.Item className="menu-item" onSelect={onSelect}>
      {text}
    </DropdownMenu.Item>
  );
}

interface AskProps {
  member: Member;
  onClose: () => void;
}

function Suspend({ member: { id, name }, onClose }: AskProps) {
  const suspend = useDeed(
    () => changeMember(id, { is_suspended: true }),
    a.isSuspended(name),
    "members",
  );
  const submit = () => suspend.mutate(undefined, { onSettled: onClose });
  return (
    <Modal title={a.suspendTitle(name)} isOpen onClose={onClose}>
      <Form onSubmit={submit}>
        <p className="muted">{a.suspendText}</p>
        <Actions action={a.suspend} isBusy={suspend.isPending} onClose={onClose} />
      </Form>
    </Modal>
  );
}

function Transfer({ member: { id, name }, all, onClose }: AskProps & { all: Member[] }) {
  const transfer = useDeed((to: string) => transferPages(id, to), a.transferred, "members");
  const heirs = all.filter((each) => each.id !== id && !each.is_suspended);
  return (
    <Modal title={a.transferTitle(name)} isOpen onClose={onClose}>
      <Form onSubmit={({ to = "" }) => transfer.mutate(to, { onSettled: onClose })}>
        <Select
          label={a.transferText(name)}
          name="to"
          options={heirs.map((each): [string, string] => [each.id, each.name])}
        />
        <Actions action={a.transfer} isBusy={transfer.isPending} onClose={onClose} />
      </Form>
    </Modal>
  );
}

interface ActionsProps {
  action: string;
  isBusy: boolean;
  onClose: () => void;
}

function Actions({ action, isBusy, onClose }: ActionsProps) {
  return (
    <div className="actions">
      <button type="button" className="button" onClick={onClose}>
        {t.cancel}
      </button>
      <Submit isBusy={isBusy}>{action}</Submit>
    </div>
  );
}
