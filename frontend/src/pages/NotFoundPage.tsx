import { Link } from "react-router";
import { t } from "../locales";
import { Notice } from "../ui/Notice";
import { TopBar } from "./TopBar";

export function NotFoundPage({ text = t.notFoundText }: { text?: string }) {
  return (
    <>
      <TopBar>{null}</TopBar>
      <Notice title={t.notFound} text={text}>
        <Link to="/" className="button">
          {t.backHome}
        </Link>
      </Notice>
    </>
  );
}
