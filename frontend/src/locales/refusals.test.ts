import { expect, test } from "vitest";
import { accountsZh } from "./zh/accounts";
import { mediaZh } from "./zh/media";

// Every code with which the server does not take a file, as docs/protocol.md names them.
test.each([
  ["file_too_large", 50_000_000, "文件过大：最大 50 MB。"],
  ["quota_full", 1_500_000_000, "你的上传空间（1.5 GB）不足，请先撤回带有大文件的消息。"],
  ["too_many_unsent", null, "请先发送或移除之前上传的文件。"],
  ["picture_too_large", 20_000_000, "图片过大：最大 20 MB。"],
  ["too_many_pixels", 40_000_000, "图片像素过多：最多 4000 万像素。"],
  ["moves_too_long", 500, "动图过长：最多 500 帧，尺寸大的更少。"],
  ["voice_too_long", 300, "语音消息最长 5 分钟。"],
  ["voice_too_long", 90, "语音消息最长 90 秒。"],
  ["not_a_picture", null, "文件名是图片，但内容不是图片。"],
  ["not_a_recording", null, "这不是录音：需要只含声音的 WebM、Ogg 或 MP4。"],
  ["damaged", null, "文件无法读取：可能已损坏。"],
])("who reads Chinese is told in Chinese that a file is refused: %s, %s", (code, most, said) => {
  expect(mediaZh.refusal(code, "An English sentence.", most)).toBe(said);
});

test.each([
  [
    "Redis at 127.0.0.1:6379 cannot be reached (Connection refused).",
    "无法连接 Redis（127.0.0.1:6379）：连接被拒绝。",
  ],
  ["Redis at r:1 does not answer within 2 seconds.", "Redis（r:1）在 2 秒内没有响应。"],
  [
    "The connection to Redis at r:1 broke (it was closed there).",
    "与 Redis（r:1）的连接中断：对方已关闭。",
  ],
  [
    "What was published through Redis at r:1 did not come back for 4 seconds.",
    "经 Redis（r:1）发布的消息已有 4 秒没有回来。",
  ],
  ["The database does not answer.", "数据库没有响应。"],
  ["Something new.", "Something new."],
])(
  "an operator who reads Chinese is told in Chinese why a server is degraded: %s",
  (said, shown) => {
    expect(accountsZh.serverWhy(said)).toBe(shown);
  },
);
