/** A timer that keeps its pace in a background tab: browsers slow the page's own timers to one a minute. */
export function startHeartbeat(everyMs: number, beat: () => void): () => void {
  let worker: Worker;
  try {
    const source = `setInterval(() => postMessage(0), ${everyMs})`;
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    worker = new Worker(url);
    URL.revokeObjectURL(url);
  } catch {
    const timer = setInterval(beat, everyMs);
    return () => clearInterval(timer);
  }
  worker.onmessage = beat;
  return () => worker.terminate();
}
