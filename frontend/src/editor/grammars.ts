/** Grammars are loaded when a document first has a code block: they are a sixth of the page otherwise. */
import { lowlight } from "./extensions";

let isLoading = false;

export async function loadGrammars(refresh: () => void): Promise<void> {
  if (isLoading) return;
  isLoading = true;
  const { common } = await import("lowlight");
  lowlight.register(common);
  refresh();
}
