/** A clock of its own: browsers slow the timers of a page in the background to one a minute, but not those of a worker. */
addEventListener("message", ({ data }: MessageEvent<number>) => {
  setInterval(() => postMessage(0), data);
});
