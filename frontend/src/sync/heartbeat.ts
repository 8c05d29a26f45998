/** A timer that keeps its pace in a background tab: browsers slow the page's own timers to one a minute. */
export function startHeartbeat(everyMs: number, beat: () => void): () => void {
  let worker: Worker;
  try {
    worker = new Worker(new URL("./heartbeatWorker.ts", import.meta.url), { type: "module" });
  } catch {
    const timer = setInterval(beat, everyMs);
    return () => clearInterval(timer);
  }
  worker.onmessage = beat;
  worker.postMessage(everyMs);
  return () => worker.terminate();
}
