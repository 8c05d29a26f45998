import { expect, test } from "vitest";
import { policy } from "./trusted";

test("markup is let in only where it stays inert", () => {
  expect(policy.createHTML("<b>x</b>", "TrustedHTML", "DOMParser parseFromString")).toBe(
    "<b>x</b>",
  );
  expect(policy.createHTML("<b>x</b>")).toBe("<b>x</b>");
  expect(
    policy.createHTML("<img onerror=alert(1)>", "TrustedHTML", "Element innerHTML"),
  ).toBeNull();
  expect(policy.createHTML("<p>", "TrustedHTML", "Range createContextualFragment")).toBeNull();
});

test("scripts come from this server only", () => {
  expect(policy.createScriptURL("/sw.js")).toBe("/sw.js");
  expect(policy.createScriptURL(`${location.origin}/assets/worker.js`)).not.toBeNull();
  for (const address of [
    "https://evil.example/x.js",
    "data:text/javascript,1",
    "blob:null/1",
    "javascript:1",
  ]) {
    expect(policy.createScriptURL(address)).toBeNull();
  }
});
