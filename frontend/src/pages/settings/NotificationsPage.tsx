import { Preferences } from "../../features/notifications/Preferences";
import { PrivacySwitches } from "../../features/notifications/PrivacySwitches";
import { PushHere } from "../../features/notifications/PushHere";
import { useMe } from "../me";

export function NotificationsPage() {
  const { user } = useMe();
  return (
    <>
      <Preferences />
      <PushHere person={user.id} />
      <PrivacySwitches />
    </>
  );
}
