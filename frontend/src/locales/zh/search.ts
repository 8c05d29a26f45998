import type { Texts } from "../en";

export const searchZh: Texts["search"] = {
  open: "搜索聊天",
  title: "搜索",
  field: "查找说过的话",
  where: "搜索范围",
  here: "在此页面",
  everywhere: "所有页面",
  results: "消息",
  hint: "输入词语或词语的一部分，顺序不限。",
  count: (count: number, isMore: boolean) =>
    count === 0 ? "没有包含这些词语的消息。" : `${count}${isMore ? " 条以上" : " 条"}消息`,
  more: "显示更早的消息",
  again: "重试",
  untitled: "无标题",
};
