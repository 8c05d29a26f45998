import { DropdownMenu } from "radix-ui";
import { Fragment } from "react";
import { Link, useNavigate } from "react-router";
import type { TreePage } from "../../api/pages";
import { t } from "../../locales";
import { pathTo } from "./tree";
import { usePages } from "./usePages";

/** Above a page: the first and the last one are named, what is between hides behind dots. */
const NAMED = 2;

export function Crumbs({ id, title }: { id: string; title: string }) {
  const { pages } = usePages();
  const above = pathTo(pages, id).slice(0, -1);
  const hidden = above.length > NAMED ? above.slice(1, -1) : [];
  const named = above.filter((page) => !hidden.includes(page));
  return (
    <nav className="crumbs" aria-label={t.breadcrumb}>
      {named.map((page, at) => (
        <Fragment key={page.id}>
          {at === 1 && hidden.length > 0 && (
            <>
              <HiddenCrumbs pages={hidden} />
              <Slash />
            </>
          )}
          <Link to={`/d/${page.id}`} className="crumb muted name above">
            {page.title || t.untitled}
          </Link>
          <Slash />
        </Fragment>
      ))}
      <span className="crumb name" aria-current="page">
        {title || t.untitled}
      </span>
    </nav>
  );
}

function Slash() {
  return (
    <span className="muted" aria-hidden="true">
      /
    </span>
  );
}

function HiddenCrumbs({ pages }: { pages: TreePage[] }) {
  const navigate = useNavigate();
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger
        className="crumb dots"
        aria-label={t.hiddenCrumbs(pages.map(({ title }) => title || t.untitled).join(", "))}
      >
        …
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="start" sideOffset={6}>
          {pages.map((page) => (
            <DropdownMenu.Item
              key={page.id}
              className="menu-item"
              onSelect={() => navigate(`/d/${page.id}`)}
            >
              <span className="name">{page.title || t.untitled}</span>
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
