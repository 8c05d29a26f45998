import { t } from "../locales";
import { toast } from "./toast";

export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(t.copied);
  } catch {
    // No permission, or a page that is not served securely.
    toast(t.copyFailed);
  }
}
