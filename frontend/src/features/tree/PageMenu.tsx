import {
  Copy,
  CornerDownRight,
  FilePlus2,
  LayoutTemplate,
  Link2,
  Pencil,
  SquareArrowOutUpRight,
  Star,
  StarOff,
  Trash2,
} from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import type { TreePage } from "../../api/pages";
import { t } from "../../locales";
import { mayWrite } from "../../protocol/control";
import { openDialog, type PageActions } from "./actions";
import { useIsFavourite } from "./favourites";

const ICON = { size: 16, strokeWidth: 1.75, "aria-hidden": true } as const;

interface Props {
  page: TreePage;
  actions: PageActions;
  isMember: boolean;
  hasChildren: boolean;
  /** Only where the title can be written in place. */
  onRename?: () => void;
}

/** What the person may do with a page of the tree; what they may not is not offered. */
export function PageMenuItems({ page, actions, isMember, hasChildren, onRename }: Props) {
  const { id, title, role } = page;
  return (
    <>
      <Item icon={<SquareArrowOutUpRight {...ICON} />} onSelect={() => actions.open(id)}>
        {t.open}
      </Item>
      {mayWrite(role) && isMember && (
        <Item icon={<FilePlus2 {...ICON} />} onSelect={() => actions.create({ parent: id })}>
          {t.newPageInside}
        </Item>
      )}
      {mayWrite(role) && onRename && (
        <Item icon={<Pencil {...ICON} />} onSelect={onRename} keys="F2">
          {t.rename}
        </Item>
      )}
      <Item icon={<Link2 {...ICON} />} onSelect={() => actions.copyLink(id)}>
        {t.copyLink}
      </Item>
      <CommonItems {...{ page, actions, isMember, hasChildren }} />
      {role === "manage" && (
        <>
          <DropdownMenu.Separator className="menu-separator" />
          <TrashItem onSelect={() => actions.trash(id, title)} />
        </>
      )}
    </>
  );
}

/** The part that the menu of an open document has too. */
export function CommonItems({ page, actions, isMember, hasChildren }: Omit<Props, "onRename">) {
  const { id, role } = page;
  return (
    <>
      {isMember && <FavouriteItem id={id} actions={actions} />}
      {isMember && (
        <Item icon={<Copy {...ICON} />} onSelect={() => actions.duplicate(id, false)}>
          {t.duplicate}
        </Item>
      )}
      {isMember && hasChildren && (
        <Item icon={<Copy {...ICON} />} onSelect={() => actions.duplicate(id, true)}>
          {t.duplicateAll}
        </Item>
      )}
      {role === "manage" && (
        <Item
          icon={<CornerDownRight {...ICON} />}
          onSelect={() => openDialog({ name: "move", id })}
        >
          {t.moveTo}
        </Item>
      )}
      {mayWrite(role) && isMember && (
        <Item
          icon={<LayoutTemplate {...ICON} />}
          onSelect={() => actions.template(id, !page.is_template)}
        >
          {page.is_template ? t.unmarkTemplate : t.makeTemplate}
        </Item>
      )}
    </>
  );
}

function FavouriteItem({ id, actions }: { id: string; actions: PageActions }) {
  const isFavourite = useIsFavourite(id);
  const icon = isFavourite ? <StarOff {...ICON} /> : <Star {...ICON} />;
  return (
    <Item icon={icon} onSelect={() => actions.favour(id, !isFavourite)}>
      {isFavourite ? t.removeFavourite : t.addFavourite}
    </Item>
  );
}

export function TrashItem({ onSelect }: { onSelect: () => void }) {
  return (
    <Item icon={<Trash2 {...ICON} />} onSelect={onSelect} tone="minus">
      {t.moveToTrash}
    </Item>
  );
}

interface ItemProps {
  icon: ReactNode;
  onSelect: () => void;
  children: ReactNode;
  keys?: string;
  tone?: string;
}

export function Item({ icon, onSelect, children, keys, tone = "" }: ItemProps) {
  return (
    <DropdownMenu.Item className={`menu-item ${tone}`} onSelect={() => onSelect()}>
      {icon} {children}
      {keys && (
        <span className="end">
          <kbd>{keys}</kbd>
        </span>
      )}
    </DropdownMenu.Item>
  );
}
