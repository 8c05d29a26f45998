import { Skeleton } from "../ui/Skeleton";
import { TopBar } from "./TopBar";

/** What is seen while a document is on its way: its bar and its lines, never a blank page. */
export function OpeningPage() {
  return (
    <>
      <TopBar>{null}</TopBar>
      <main className="column document" aria-busy="true">
        <Skeleton isPaper />
      </main>
    </>
  );
}
