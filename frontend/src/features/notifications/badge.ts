/** How many wait, where it is seen from another tab: in the title, and on the icon of an installed page. */

const COUNT = /^\(\d+\+?\) /;
const MOST = 99;

let count = 0;
let observer: MutationObserver | null = null;

export function showCount(next: number): void {
  count = next;
  watchTitle();
  write();
  const { setAppBadge, clearAppBadge } = navigator as Partial<Navigator>;
  const done = next > 0 ? setAppBadge?.call(navigator, next) : clearAppBadge?.call(navigator);
  // Not installed, or not allowed: the title says it.
  void done?.catch(() => undefined);
}

/** Pages say their titles themselves: whatever they say gets the number. */
function watchTitle(): void {
  const title = document.querySelector("title");
  if (observer !== null || title === null) return;
  observer = new MutationObserver(write);
  observer.observe(title, { childList: true, characterData: true, subtree: true });
}

function write(): void {
  const plain = document.title.replace(COUNT, "");
  const number = count > MOST ? `${MOST}+` : `${count}`;
  const wanted = count > 0 ? `(${number}) ${plain}` : plain;
  if (document.title !== wanted) document.title = wanted;
}
