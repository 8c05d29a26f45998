import {
  CircleDot,
  Copy,
  Ellipsis,
  Eye,
  Link2,
  ListTodo,
  MessagesSquare,
  Pencil,
  Pin,
  PinOff,
  Quote as QuoteIcon,
  Reply,
  SmilePlus,
  Undo2,
} from "lucide-react";
import { DropdownMenu, Toolbar } from "radix-ui";
import type { ReactNode } from "react";
import { c } from "../../locales";
import type { Message } from "../../protocol/message";
import { useChatParts } from "./context";
import { ReactButton } from "./ReactButton";
import { useDeeds } from "./useDeeds";

const ICON = { size: 16, strokeWidth: 1.75, "aria-hidden": true } as const;

/** What needs more room than the bar has. */
export type Wish = "reply" | "quote" | "edit" | "recall" | "readers" | "thread";

interface Props {
  message: Message;
  onWish: (wish: Wish, message: Message) => void;
  /** While one of its menus is open it stays, wherever the pointer goes. */
  onHold: (isHeld: boolean) => void;
}

/** Lies above a message that the pointer or the focus is on. */
export function MessageBar({ message, onWish, onHold }: Props) {
  const { chat, mayWrite } = useChatParts();
  const deeds = useDeeds();
  const isMine = message.author.id === chat.me.id;
  const wish = (name: Wish) => () => onWish(name, message);
  return (
    <Toolbar.Root className="message-bar" aria-label={c.bar(message.author.name)}>
      {mayWrite && (
        <>
          <ReactButton
            className="icon-button"
            label={c.react}
            isTool
            onOpenChange={onHold}
            onPick={(emoji) => void deeds.react(message, emoji)}
          >
            <SmilePlus {...ICON} />
          </ReactButton>
          <Tool label={c.reply} onClick={wish("reply")}>
            <Reply {...ICON} />
          </Tool>
          {message.text !== null && message.text !== "" && (
            <Tool label={c.quote} onClick={wish("quote")}>
              <QuoteIcon {...ICON} />
            </Tool>
          )}
          {isMine && (
            <Tool label={c.edit} onClick={wish("edit")}>
              <Pencil {...ICON} />
            </Tool>
          )}
        </>
      )}
      <Tool label={c.copyLink} onClick={() => void deeds.copyLink(message)}>
        <Link2 {...ICON} />
      </Tool>
      <More message={message} isMine={isMine} onWish={onWish} onHold={onHold} />
    </Toolbar.Root>
  );
}

function Tool(props: { label: string; onClick: () => void; children: ReactNode }) {
  const { label, onClick, children } = props;
  return (
    <Toolbar.Button className="icon-button" aria-label={label} title={label} onClick={onClick}>
      {children}
    </Toolbar.Button>
  );
}

function More({ message, isMine, onWish, onHold }: Props & { isMine: boolean }) {
  const { page, mayWrite, mayManage } = useChatParts();
  const deeds = useDeeds();
  const wish = (name: Wish) => () => onWish(name, message);
  const isPinned = message.pinned !== null;
  return (
    <DropdownMenu.Root modal={false} onOpenChange={onHold}>
      <Toolbar.Button asChild>
        <DropdownMenu.Trigger className="icon-button" aria-label={c.more} title={c.more}>
          <Ellipsis {...ICON} />
        </DropdownMenu.Trigger>
      </Toolbar.Button>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={6} collisionPadding={8}>
          <Entry icon={<MessagesSquare {...ICON} />} onSelect={wish("thread")}>
            {c.thread}
          </Entry>
          {message.text && (
            <Entry icon={<Copy {...ICON} />} onSelect={() => void deeds.copyWords(message)}>
              {c.copyText}
            </Entry>
          )}
          {mayWrite && (
            <Entry
              icon={isPinned ? <PinOff {...ICON} /> : <Pin {...ICON} />}
              onSelect={() => void deeds.pin(message)}
            >
              {isPinned ? c.unpin : c.pin}
            </Entry>
          )}
          <Entry icon={<CircleDot {...ICON} />} onSelect={() => void deeds.markUnread(message)}>
            {c.markUnread}
          </Entry>
          <Entry icon={<Eye {...ICON} />} onSelect={wish("readers")}>
            {c.whoRead}
          </Entry>
          {page.addTask !== null && message.text && (
            <Entry icon={<ListTodo {...ICON} />} onSelect={() => deeds.makeTask(message)}>
              {c.makeTask}
            </Entry>
          )}
          {((isMine && mayWrite) || mayManage) && (
            <>
              <DropdownMenu.Separator className="menu-separator" />
              <Entry icon={<Undo2 {...ICON} />} onSelect={wish("recall")} isGrave>
                {c.recall}
              </Entry>
            </>
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface EntryProps {
  icon: ReactNode;
  onSelect: () => void;
  isGrave?: boolean;
  children: ReactNode;
}

function Entry({ icon, onSelect, isGrave = false, children }: EntryProps) {
  return (
    <DropdownMenu.Item
      className={isGrave ? "menu-item minus" : "menu-item"}
      onSelect={() => setTimeout(onSelect)}
    >
      {icon} {children}
    </DropdownMenu.Item>
  );
}
