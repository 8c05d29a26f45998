import { t } from "../locales";
import { toast } from "./toast";

export async function copyText(text: string, done: string = t.copied): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(done);
  } catch {
    // No permission, or a page that is not served securely.
    toast(t.copyFailed);
  }
}
