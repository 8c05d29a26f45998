/** What a document may hold here; `shared/document-schema.json` says the same to the server. */
import { CodeBlockLowlight } from "@tiptap/extension-code-block-lowlight";
import { Highlight } from "@tiptap/extension-highlight";
import { Image } from "@tiptap/extension-image";
import { TaskItem, TaskList } from "@tiptap/extension-list";
import { TableKit } from "@tiptap/extension-table";
import { StarterKit } from "@tiptap/starter-kit";
import type { Extensions } from "@tiptap/core";
import { createLowlight } from "lowlight";

export const SCHEMA_VERSION = 1;
/** Tiptap's default field, so that stock Tiptap clients meet the same text. */
export const BODY = "default";

export const lowlight = createLowlight();

const PROTOCOLS = /^(https?:|mailto:|tel:|[/#?])/i;

export function schemaExtensions(): Extensions {
  return [
    StarterKit.configure({
      undoRedo: false,
      codeBlock: false,
      link: {
        openOnClick: false,
        autolink: true,
        protocols: ["http", "https", "mailto", "tel"],
        isAllowedUri: (url) => PROTOCOLS.test(url) || !/^[^/?#]*:/.test(url),
        HTMLAttributes: { target: "_blank", rel: "noopener noreferrer nofollow" },
      },
    }),
    CodeBlockLowlight.configure({ lowlight }),
    Highlight,
    Image.configure({ allowBase64: false }),
    TaskList,
    TaskItem.configure({ nested: true }),
    TableKit.configure({ table: { resizable: false } }),
  ];
}
