import { Link2, LogOut } from "lucide-react";
import { useEffect } from "react";
import { useNavigate } from "react-router";
import { removePerson, type Sharing } from "../../api/sharing";
import { t } from "../../locales";
import type { Person } from "../../protocol/frames";
import { copyText } from "../../ui/copy";
import { Modal } from "../../ui/Modal";
import { Skeleton } from "../../ui/Skeleton";
import { toast } from "../../ui/toast";
import { GeneralAccess } from "./GeneralAccess";
import { InviteForm } from "./InviteForm";
import { PeopleList } from "./PeopleList";
import { Requests } from "./Requests";
import { forgetLink, linkOf } from "./shareLinks";
import { useSharing, useSharingChange } from "./useSharing";

interface Props {
  id: string;
  title: string;
  above: { title: string } | null;
  me: Person;
  onClose: () => void;
}

export function ShareDialog({ id, title, above, me, onClose }: Props) {
  const { data: sharing, isError, refetch } = useSharing(id);
  const changes = useSharingChange(id);
  const isOpenToAll = sharing?.general === "anyone" && !sharing.inherited_from;
  // Asked anew whenever it opens: others may have asked for access meanwhile.
  useEffect(() => void refetch(), [refetch]);
  useEffect(() => {
    if (sharing && !isOpenToAll) forgetLink(id);
  }, [sharing, isOpenToAll, id]);
  const copyLink = async () => {
    if (!isOpenToAll || sharing?.role !== "manage") return copyText(`${location.origin}/d/${id}`);
    const url = await changes.change(() => linkOf(id));
    if (url === undefined) return;
    await copyText(url, t.linkCopied);
  };
  return (
    <Modal title={t.shareTitle(title || t.untitled)} isOpen onClose={onClose}>
      {isError && <p role="alert">{t.cannotReach}</p>}
      {!sharing && !isError && <Skeleton />}
      {sharing && (
        <div className="sharing">
          {sharing.role === "manage" ? (
            <>
              <InviteForm id={id} sharing={sharing} changes={changes} />
              <Requests id={id} sharing={sharing} changes={changes} />
            </>
          ) : (
            <p className="small muted">{t.onlyManagers}</p>
          )}
          {changes.error && (
            <p role="alert" className="error">
              {changes.error}
            </p>
          )}
          <PeopleList id={id} sharing={sharing} me={me} changes={changes} />
          <GeneralAccess id={id} sharing={sharing} above={above} changes={changes} />
        </div>
      )}
      <div className="actions sharing-actions">
        <button type="button" className="button" onClick={copyLink} disabled={changes.isBusy}>
          <Link2 size={15} strokeWidth={1.75} aria-hidden="true" /> {t.copyLink}
        </button>
        {sharing && <Leave id={id} sharing={sharing} me={me} changes={changes} onClose={onClose} />}
        <span className="grow" />
        <button type="button" className="button primary" onClick={onClose}>
          {t.done}
        </button>
      </div>
    </Modal>
  );
}

interface LeaveProps extends Pick<Props, "id" | "me" | "onClose"> {
  sharing: Sharing;
  changes: ReturnType<typeof useSharingChange>;
}

/** Only what was given on this very page can be given back here. */
function Leave({ id, sharing, me, changes, onClose }: LeaveProps) {
  const navigate = useNavigate();
  if (!sharing.people.some((each) => each.user.id === me.id && !each.inherited_from)) return null;
  const leave = async () => {
    let hasLeft = false;
    await changes.change(async () => {
      await removePerson(id, me.id);
      hasLeft = true;
    });
    if (!hasLeft) return;
    onClose();
    void navigate("/");
    toast(t.leaveText);
  };
  return (
    <button type="button" className="button quiet" onClick={leave} disabled={changes.isBusy}>
      <LogOut size={15} strokeWidth={1.75} aria-hidden="true" /> {t.leavePage}
    </button>
  );
}
