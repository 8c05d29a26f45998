// Keeps the page itself, so that a reload while the server is down still opens it; documents come from IndexedDB.
const CACHE = "quillroom-page-1";
const UNREACHABLE = new Set([502, 503, 504]);
const NEVER = /^\/(api|sync|live|health|metrics)(\/|$)/;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.add("/"))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin || NEVER.test(url.pathname))
    return;
  if (event.request.mode === "navigate") event.respondWith(navigate(event.request));
  else event.respondWith(asset(event.request));
});

// The network first, so that a new version is seen at once.
async function navigate(request) {
  const cache = await caches.open(CACHE);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put("/", answer.clone());
    // A proxy speaks for a server that is away.
    return UNREACHABLE.has(answer.status) ? ((await cache.match("/")) ?? answer) : answer;
  } catch {
    return (await cache.match("/")) ?? Response.error();
  }
}

// Names carry a hash of the content: what is cached is right for ever.
async function asset(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

// -- push: what a phone shows while no page is open. The server says what happened, the words are here.

const WORDS = {
  en: {
    somebody: "Somebody",
    untitled: "Untitled",
    mention: (name, page) => `${name} mentioned you in ${page}`,
    reply: (name, page) => `${name} answered you in ${page}`,
    message: (name, page) => `${name} wrote in ${page}`,
    access_requested: (name, page) => `${name} asks for access to ${page}`,
    access_given: (name, page) => `${name} gave you access to ${page}`,
    invited: (name, page) => `${name} invited you to ${page}`,
    other: (_, page) => `News in ${page}`,
    recalled: "A message was recalled",
    read: "Read on another device",
  },
  zh: {
    somebody: "有人",
    untitled: "无标题",
    mention: (name, page) => `${name} 在 ${page} 中提到了您`,
    reply: (name, page) => `${name} 在 ${page} 中回复了您`,
    message: (name, page) => `${name} 在 ${page} 中发了消息`,
    access_requested: (name, page) => `${name} 申请访问 ${page}`,
    access_given: (name, page) => `${name} 向您开放了 ${page}`,
    invited: (name, page) => `${name} 邀请您加入 ${page}`,
    other: (_, page) => `${page} 有新动态`,
    recalled: "一条消息已被撤回",
    read: "已在其他设备上阅读",
  },
};

self.addEventListener("push", (event) => {
  let said;
  try {
    said = event.data.json();
  } catch {
    return;
  }
  event.waitUntil(said.kind === "close" ? close(said) : show(said));
});

// The newest of a page stands in the place of the one before it.
async function show({ kind, id, actor, document, title, message, preview, tag, language, unread }) {
  const words = wordsOf(language);
  const sentence = (words[kind] ?? words.other)(actor ?? words.somebody, title || words.untitled);
  const page = `/d/${encodeURIComponent(document)}`;
  const path = message ? `${page}?message=${encodeURIComponent(message)}` : page;
  badge(unread);
  await self.registration.showNotification(sentence, {
    body: preview ?? "",
    tag,
    renotify: true,
    icon: "/icon.svg",
    data: { id, path },
  });
}

// Read elsewhere, or recalled. Some browsers end a subscription whose messages show nothing.
async function close({ id, why, tag, language, unread, must_show }) {
  badge(unread);
  const shown = await self.registration.getNotifications({ tag });
  for (const each of shown) if (each.data?.id === id) each.close();
  if (must_show) {
    await self.registration.showNotification(wordsOf(language)[why], {
      tag,
      silent: true,
      data: {},
    });
  }
}

const wordsOf = (language) =>
  WORDS[language] ?? (self.navigator.language.startsWith("zh") ? WORDS.zh : WORDS.en);

function badge(unread) {
  const done = unread > 0 ? self.navigator.setAppBadge?.(unread) : self.navigator.clearAppBadge?.();
  done?.catch(() => undefined);
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.path ?? "/"));
});

// In a tab that is there already, without loading it anew; where there is none, in a new one.
async function open(path) {
  const tabs = await self.clients.matchAll({ type: "window" });
  const tab = tabs.find((each) => each.visibilityState === "visible") ?? tabs[0];
  if (tab === undefined) {
    await self.clients.openWindow(path);
    return;
  }
  tab.postMessage({ kind: "open", path });
  await tab.focus();
}
