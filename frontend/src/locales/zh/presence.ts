import type { presenceEn } from "../en/presence";

export const presenceZh: typeof presenceEn = {
  editing: "正在编辑",
  viewing: "正在查看",
  away: "离开",
  awaySince: (when) => `离开，上次活跃：${when}`,
  devices: (count) => `${count} 台设备`,
  described: (name, doing, devices) => `${name}：${doing}，${devices}`,
  you: (name) => `${name}（你）`,
  everyone: (seen) => `${seen}：在线的人`,
  more: (count) => `还有 ${count} 人`,
  follow: (name) => `跟随 ${name}`,
  followShort: "跟随",
  following: (name) => `正在跟随 ${name}`,
  waiting: (name) => `正在跟随 ${name}，对方的光标还不在正文中`,
  stop: "停止",
  local: "可能还有其他人在线：服务器之间暂时无法互通",
  hasLeft: (name) => `${name} 已离开`,
};
