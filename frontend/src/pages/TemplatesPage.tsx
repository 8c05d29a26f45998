import { useQuery } from "@tanstack/react-query";
import { LayoutTemplate } from "lucide-react";
import { Link } from "react-router";
import { fetchTemplates } from "../api/pages";
import { usePageActions } from "../features/tree/actions";
import { t } from "../locales";
import { mayWrite } from "../protocol/control";
import { Skeleton } from "../ui/Skeleton";
import { TopBar } from "./TopBar";

export default function TemplatesPage() {
  const templates = useQuery({ queryKey: ["templates"], queryFn: fetchTemplates });
  const actions = usePageActions();
  return (
    <>
      <TopBar>
        <span className="crumb">{t.templates}</span>
      </TopBar>
      <main className="column home">
        <h1>{t.templatesTitle}</h1>
        {templates.isPending && <Skeleton />}
        {templates.isError && <p role="alert">{t.cannotReach}</p>}
        {templates.data?.length === 0 && (
          <div className="empty">
            <h2>{t.templatesEmpty}</h2>
            <p className="muted">{t.templatesEmptyText}</p>
          </div>
        )}
        <ul className={templates.data?.length ? "documents" : ""}>
          {templates.data?.map(({ id, title, role = "view" }) => (
            <li key={id} className="document-row">
              <LayoutTemplate size={18} strokeWidth={1.75} aria-hidden="true" />
              <Link to={`/d/${id}`} className="name">
                {title || t.untitled}
              </Link>
              <span className="row-actions">
                {mayWrite(role) && (
                  <button
                    type="button"
                    className="button small"
                    aria-label={t.noLongerTemplateOf(title || t.untitled)}
                    onClick={() => actions.template(id, false)}
                  >
                    {t.unmarkTemplate}
                  </button>
                )}
                <button
                  type="button"
                  className="button small primary"
                  aria-label={t.templateUsed(title || t.untitled)}
                  onClick={() => actions.create({ title, template: id })}
                >
                  {t.takeTemplate}
                </button>
              </span>
            </li>
          ))}
        </ul>
      </main>
    </>
  );
}
