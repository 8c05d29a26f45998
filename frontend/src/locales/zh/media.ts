import type { Texts } from "../en";

const size = (bytes: number) =>
  bytes >= 1e9 ? `${+(bytes / 1e9).toFixed(1)} GB` : `${+(bytes / 1e6).toFixed(1)} MB`;

const REFUSALS: Record<string, (most: number) => string> = {
  file_too_large: (most) => `文件过大：最大 ${size(most)}。`,
  quota_full: (most) => `你的上传空间（${size(most)}）不足，请先撤回带有大文件的消息。`,
  too_many_unsent: () => "请先发送或移除之前上传的文件。",
  picture_too_large: (most) => `图片过大：最大 ${size(most)}。`,
  too_many_pixels: (most) => `图片像素过多：最多 ${most / 1e4} 万像素。`,
  moves_too_long: (most) => `动图过长：最多 ${most} 帧，尺寸大的更少。`,
  voice_too_long: (most) =>
    `语音消息最长 ${most >= 120 ? `${Math.round(most / 60)} 分钟` : `${Math.round(most)} 秒`}。`,
  not_a_picture: () => "文件名是图片，但内容不是图片。",
  not_a_recording: () => "这不是录音：需要只含声音的 WebM、Ogg 或 MP4。",
  damaged: () => "文件无法读取：可能已损坏。",
  not_allowed: () => "你无权在此上传文件。",
  invalid: () => "服务器未接受此文件。",
};

export const mediaZh: Texts["media"] = {
  attach: "添加文件",
  files: "文件",
  download: "下载",
  downloadOf: (name) => `下载 ${name}`,
  openImage: (what) => `打开图片：${what}`,
  image: "图片",
  imageOf: (at, count) => `第 ${at} 张，共 ${count} 张`,
  previous: "上一张",
  next: "下一张",
  close: "关闭",
  bytes: (size) =>
    size < 1000
      ? `${size} B`
      : size < 1_000_000
        ? `${Math.round(size / 1000)} KB`
        : `${(size / 1_000_000).toFixed(1)} MB`,
  kinds: { image: "图片", voice: "语音消息", audio: "音频", video: "视频", file: "文件" },
  voiceOf: (time) => `语音消息，${time}`,
  audioOf: (name) => `音频：${name}`,
  play: "播放",
  pause: "暂停",
  position: "进度",
  positionOf: (now, all) => `${now} / ${all}`,
  cannotPlay: "此浏览器无法播放，请下载。",
  record: "录制语音消息",
  recordHint: "点击或按住录音",
  recording: "正在录音",
  stop: "停止",
  sendVoice: "发送录音",
  cancelRecording: "取消录音",
  listen: "发送前试听",
  refusal: (code, sentence, most) => REFUSALS[code]?.(most ?? 0) ?? sentence,
  noMicrophone: "没有麦克风，或此处无法使用。",
  microphoneDenied: "麦克风已被阻止。请在浏览器设置中允许此页面使用。",
  cannotRecord: "此浏览器无法录音。",
  pending: "待发送的文件",
  altOf: (name) => `描述 ${name}`,
  altHint: "为看不见图片的人描述它",
  addAlt: "替代文字",
  remove: (name) => `移除 ${name}`,
  retryOf: (name) => `重新上传 ${name}`,
  retry: "重试",
  uploadingOf: (name) => `正在上传 ${name}`,
  states: { waiting: "等待连接", uploading: "正在上传", ready: "已就绪", refused: "未被接受" },
};
