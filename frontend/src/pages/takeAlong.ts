import { yXmlFragmentToProsemirrorJSON } from "@tiptap/y-tiptap";
import { BODY } from "../editor/extensions";
import { type Block, markdownOf } from "../editor/markdown";
import { t } from "../locales";
import type { DocumentSession } from "../sync/session";

/** What this window holds, as Markdown: also when the server cannot be asked. */
export function takeAlong({ doc }: DocumentSession): string {
  const body = yXmlFragmentToProsemirrorJSON(doc.getXmlFragment(BODY)) as Block;
  return markdownOf(doc.getText("title").toString(), body);
}

export function fileName({ doc }: DocumentSession): string {
  return `${doc.getText("title").toString().trim() || t.untitled}.md`;
}
