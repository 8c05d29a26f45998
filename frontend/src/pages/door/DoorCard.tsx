import type { ReactNode } from "react";
import { t } from "../../locales";

interface Props {
  title: string;
  text?: ReactNode;
  children?: ReactNode;
}

/** The one thing on the page for who is not in yet. */
export function DoorCard({ title, text, children }: Props) {
  return (
    <main className="welcome">
      <div className="card">
        <span className="brand" translate="no">
          <span className="logo" aria-hidden="true">
            Q
          </span>
          {t.appName}
        </span>
        <h1>{title}</h1>
        {text !== undefined && <p className="muted">{text}</p>}
        {children}
      </div>
    </main>
  );
}
