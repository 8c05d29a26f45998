import { expect, test } from "vitest";
import { readAgent } from "./agent";

const KIT = "AppleWebKit/537.36 (KHTML, like Gecko)";

test.each([
  [`Mozilla/5.0 (X11; Linux x86_64) ${KIT} Chrome/156.0.0.0 Safari/537.36`, "Chrome", "Linux"],
  [`Mozilla/5.0 (Windows NT 10.0) ${KIT} Chrome/1 Safari/537.36 Edg/1`, "Edge", "Windows"],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:1) Gecko/1 Firefox/1", "Firefox", "macOS"],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Version/26 Safari/604.1",
    "Safari",
    "iPhone",
  ],
  [`Mozilla/5.0 (Linux; Android 16) ${KIT} Chrome/1 Mobile Safari/1`, "Chrome", "Android"],
  ["curl/8.1", "curl", null],
  ["", null, null],
])("%s is %s on %s", (agent, browser, system) => {
  expect(readAgent(agent)).toEqual({ browser, system });
});
