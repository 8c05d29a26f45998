/** What a document may hold here; `shared/document-schema.json` says the same to the server. */
import type { Attributes, Extensions } from "@tiptap/core";
import { Highlight } from "@tiptap/extension-highlight";
import { Image } from "@tiptap/extension-image";
import { TaskItem, TaskList } from "@tiptap/extension-list";
import { TableCell, TableHeader, TableKit } from "@tiptap/extension-table";
import { StarterKit } from "@tiptap/starter-kit";
import { t } from "../locales";
import { imageAddress, isSafeLink } from "./address";
import { HighlightedCode } from "./code";

export const SCHEMA_VERSION = 1;
/** Tiptap's default field, so that stock Tiptap clients meet the same text. */
export const BODY = "default";

/** An image whose address is not http(s) is kept as it is but never asked for. */
const SafeImage = Image.extend({
  renderHTML({ node, HTMLAttributes }) {
    const { src, ...others } = HTMLAttributes;
    const safe = imageAddress(String(node.attrs.src ?? ""));
    return ["img", safe === null ? others : { ...others, src: safe }];
  },
});

/** The shared schema holds no alignment of cells (yet): an attribute that one side drops would come and go. */
function cellAttributes(this: { parent: (() => Attributes) | null | undefined }): Attributes {
  const { align: _, ...others } = this.parent?.() ?? {};
  return others;
}

export function schemaExtensions(): Extensions {
  return [
    StarterKit.configure({
      undoRedo: false,
      codeBlock: false,
      link: {
        openOnClick: false,
        autolink: true,
        isAllowedUri: (url) => isSafeLink(url),
        HTMLAttributes: { target: "_blank", rel: "noopener noreferrer nofollow" },
      },
    }),
    HighlightedCode,
    Highlight,
    SafeImage.configure({ allowBase64: false }),
    TaskList,
    TaskItem.configure({
      nested: true,
      a11y: { checkboxLabel: (task) => t.task(task.firstChild?.textContent ?? "") },
    }),
    TableKit.configure({ table: { resizable: false }, tableCell: false, tableHeader: false }),
    TableCell.extend({ addAttributes: cellAttributes }),
    TableHeader.extend({ addAttributes: cellAttributes }),
  ];
}
