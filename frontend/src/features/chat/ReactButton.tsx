import { Popover, Toolbar } from "radix-ui";
import { type ReactNode, useState } from "react";
import { EmojiPicker } from "./EmojiPicker";

interface Props {
  label: string;
  className: string;
  onPick: (emoji: string) => void;
  onOpenChange?: (isOpen: boolean) => void;
  /** One of the buttons of a toolbar, between which arrow keys go. */
  isTool?: boolean;
  children: ReactNode;
}

/** A button that opens the emoji. */
export function ReactButton(props: Props) {
  const { label, className, onPick, onOpenChange, isTool = false, children } = props;
  const [isOpen, setOpen] = useState(false);
  const open = (next: boolean) => {
    setOpen(next);
    onOpenChange?.(next);
  };
  const trigger = (
    <Popover.Trigger className={className} aria-label={label} title={label}>
      {children}
    </Popover.Trigger>
  );
  return (
    <Popover.Root open={isOpen} onOpenChange={open}>
      {isTool ? <Toolbar.Button asChild>{trigger}</Toolbar.Button> : trigger}
      <Popover.Portal>
        <Popover.Content
          className="menu popover"
          align="end"
          sideOffset={6}
          collisionPadding={8}
          aria-label={label}
        >
          <EmojiPicker
            onPick={(emoji) => {
              open(false);
              onPick(emoji);
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
