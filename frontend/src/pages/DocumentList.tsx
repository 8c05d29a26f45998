import { FileText } from "lucide-react";
import { useId } from "react";
import { Link } from "react-router";
import type { DocumentSummary } from "../api/client";
import { t } from "../locales";
import { Faces } from "../ui/Face";
import { ago, exactly } from "../ui/time";

/** A titled list of documents; nothing when there are none. */
export function DocumentList({
  title,
  documents,
}: {
  title: string;
  documents: DocumentSummary[];
}) {
  const heading = useId();
  if (documents.length === 0) return null;
  return (
    <section aria-labelledby={heading} className="document-section">
      <h2 id={heading}>{title}</h2>
      <ul className="documents">
        {documents.map((each) => (
          <li key={each.id}>
            <Link to={`/d/${each.id}`}>
              <FileText size={18} strokeWidth={1.75} aria-hidden="true" />
              <span className="name">{each.title || t.untitled}</span>
              <Faces people={each.here} />
              <span className="meta small muted">
                <time dateTime={each.updated_at} title={exactly(each.updated_at)}>
                  {t.edited(ago(each.updated_at))}
                </time>
                {each.created_by ? ` · ${each.created_by.name}` : ""}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
