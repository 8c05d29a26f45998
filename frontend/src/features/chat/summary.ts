import { c } from "../../locales";
import type { Message } from "../../protocol/message";
import { plainOf } from "./markdown";

const LENGTH = 140;

/** What a message says, in one line. */
export function summaryOf(message: Message): string {
  if (message.recalled !== null) return c.parentRecalled;
  const words = plainOf(message.text ?? "");
  if (words !== "") return words.length > LENGTH ? `${words.slice(0, LENGTH)}…` : words;
  const [file] = message.files;
  return message.files.length === 1 && file ? file.name : c.sentFiles(message.files.length);
}
