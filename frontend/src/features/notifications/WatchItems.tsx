import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Bell, BellOff, BellRing } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { fetchLevel, type Level, setLevel } from "../../api/notifications";
import { n } from "../../locales";
import { failureText } from "../../ui/failure";
import { toast } from "../../ui/toast";

const ICON = { size: 16, strokeWidth: 1.75, "aria-hidden": true } as const;
const SAID: Record<Level | "usual", string> = {
  watch: n.nowWatching,
  mute: n.nowMuted,
  usual: n.nowUsual,
};

/** Hear every message of a page, or none; in the menu of that page. */
export function WatchItems({ id }: { id: string }) {
  const queries = useQueryClient();
  const key = ["watch", id];
  const { data: level = null } = useQuery({ queryKey: key, queryFn: () => fetchLevel(id) });
  const choose = async (next: Level | null) => {
    try {
      await setLevel(id, next);
      queries.setQueryData(key, next);
      toast(SAID[next ?? "usual"]);
    } catch (error) {
      toast(failureText(error as Error));
    }
  };
  return (
    <>
      <DropdownMenu.Item
        className="menu-item"
        onSelect={() => void choose(level === "watch" ? null : "watch")}
      >
        {level === "watch" ? <Bell {...ICON} /> : <BellRing {...ICON} />}
        {level === "watch" ? n.unwatch : n.watch}
      </DropdownMenu.Item>
      <DropdownMenu.Item
        className="menu-item"
        onSelect={() => void choose(level === "mute" ? null : "mute")}
      >
        {level === "mute" ? <Bell {...ICON} /> : <BellOff {...ICON} />}
        {level === "mute" ? n.unmute : n.mute}
      </DropdownMenu.Item>
    </>
  );
}
