/** Push messages to this browser: whether it takes them, beginning and ending that. The service worker shows them. */
import { fetchPushKey, subscribePush, unsubscribePush } from "../../api/notifications";

/** "blocked": the person said no to the browser, and only there it can be undone. */
export type PushState = "unsupported" | "blocked" | "off" | "on";

/** Who turned it on here, and what the server calls it. */
const KEPT = "quillroom:push";

interface Kept {
  person: string;
  id: string;
}

export async function pushState(person: string): Promise<PushState> {
  if (!isSupported()) return "unsupported";
  if (Notification.permission === "denied") return "blocked";
  const subscription = await (await registration())?.pushManager.getSubscription();
  return subscription && kept()?.person === person ? "on" : "off";
}

/** Must follow a click: the browser asks then. Throws where it, or the server, does not take it. */
export async function turnOnPush(person: string): Promise<PushState> {
  const answer = await Notification.requestPermission();
  if (answer !== "granted") return answer === "denied" ? "blocked" : "off";
  await inTurn(() => subscribe(person));
  return "on";
}

export const turnOffPush = (): Promise<PushState> => inTurn(turnOff);

async function turnOff(): Promise<PushState> {
  const id = kept()?.id;
  await forgetPush();
  // The server forgets it by itself when it is told that nobody is there any more.
  if (id) await unsubscribePush(id).catch(() => undefined);
  return "off";
}

/** Whoever comes back in a new session is reached again. */
export async function renewPush(person: string): Promise<void> {
  try {
    await inTurn(async () => {
      if ((await pushState(person)) === "on" && Notification.permission === "granted")
        await subscribe(person);
    });
  } catch (error) {
    console.warn("This browser cannot be reached by push messages now.", error);
  }
}

/** Somebody leaves: the next one at this browser must not see what is theirs. */
export async function forgetPush(): Promise<void> {
  localStorage.removeItem(KEPT);
  closeShown();
  if (!isSupported()) return;
  const subscription = await (await registration())?.pushManager.getSubscription();
  await subscription?.unsubscribe();
}

/** Takes notifications of these ids (of all) from the screen. */
export function closeShown(ids?: readonly string[]): void {
  if (!isSupported() || ids?.length === 0) return;
  void registration().then(async (worker) => {
    for (const shown of (await worker?.getNotifications()) ?? []) {
      if (ids === undefined || ids.includes(shown.data?.id)) shown.close();
    }
  });
}

/**
 * One after the other: what a page that was just opened says once more must not overtake that somebody turned it off.
 * (Two requests of one page may reach two servers: whichever commits last would count.)
 */
function inTurn<T>(change: () => Promise<T>): Promise<T> {
  const mine = changes.then(change);
  changes = mine.catch(() => {});
  return mine;
}

let changes: Promise<unknown> = Promise.resolve();

async function subscribe(person: string): Promise<void> {
  const { pushManager } = await navigator.serviceWorker.ready;
  const key = bytesOf(await fetchPushKey());
  const earlier = await pushManager.getSubscription();
  const isOurs = earlier !== null && isSame(earlier.options.applicationServerKey, key);
  if (earlier !== null && !isOurs) await earlier.unsubscribe();
  const subscription = isOurs
    ? earlier
    : await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const id = await subscribePush(subscription.toJSON());
  localStorage.setItem(KEPT, JSON.stringify({ person, id } satisfies Kept));
}

const isSupported = () =>
  "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

/** None in development, where no service worker runs. */
const registration = () => navigator.serviceWorker.getRegistration();

function kept(): Kept | null {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "null") as Kept | null;
  } catch {
    return null;
  }
}

function bytesOf(key: string): Uint8Array<ArrayBuffer> {
  const text = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (each) => each.charCodeAt(0));
}

function isSame(one: ArrayBuffer | null, other: Uint8Array): boolean {
  const bytes = new Uint8Array(one ?? new ArrayBuffer(0));
  return bytes.length === other.length && bytes.every((byte, at) => byte === other[at]);
}
