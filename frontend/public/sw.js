// Keeps the page itself, so that a reload while the server is down still opens it; documents come from IndexedDB.
const CACHE = "quillroom-page-1";
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
    return answer;
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
