import { Popover } from "radix-ui";
import { type ReactNode, useState } from "react";
import { EmojiPicker } from "./EmojiPicker";

interface Props {
  label: string;
  className: string;
  onPick: (emoji: string) => void;
  onOpenChange?: (isOpen: boolean) => void;
  children: ReactNode;
}

/** A button that opens the emoji. */
export function ReactButton({ label, className, onPick, onOpenChange, children }: Props) {
  const [isOpen, setOpen] = useState(false);
  const open = (next: boolean) => {
    setOpen(next);
    onOpenChange?.(next);
  };
  return (
    <Popover.Root open={isOpen} onOpenChange={open}>
      <Popover.Trigger className={className} aria-label={label} title={label}>
        {children}
      </Popover.Trigger>
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
