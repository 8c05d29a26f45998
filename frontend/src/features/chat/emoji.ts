import { EMOJI_GROUPS } from "./emojiData";

export interface Emoji {
  emoji: string;
  name: string;
  words: string;
}

/** What most reactions are. */
export const QUICK = ["👍", "❤️", "😂", "🎉", "👀", "🙏"];

export const GROUPS = EMOJI_GROUPS.map(({ key, emoji }) => ({
  key,
  emoji: emoji
    .trim()
    .split("\n")
    .map((line): Emoji => {
      const [sign = "", name = "", ...rest] = line.split(" ");
      return { emoji: sign, name: name.replaceAll("-", " "), words: [name, ...rest].join(" ") };
    }),
}));

const ALL = GROUPS.flatMap(({ emoji }) => emoji);
const NAMES = new Map(ALL.map(({ emoji, name }) => [emoji, name]));

export const nameOf = (emoji: string): string => NAMES.get(emoji) ?? emoji;

/** Those whose words begin so come first, then those that hold it. */
export function findEmoji(query: string, limit = 48): Emoji[] {
  const wanted = query.trim().toLowerCase();
  const rank = ({ name, words }: Emoji) => {
    if (name.startsWith(wanted)) return 0;
    if (words.split(" ").some((word) => word.startsWith(wanted))) return 1;
    return words.includes(wanted) ? 2 : 3;
  };
  return ALL.map((each) => ({ each, at: rank(each) }))
    .filter(({ at }) => at < 3)
    .sort((one, other) => one.at - other.at)
    .slice(0, limit)
    .map(({ each }) => each);
}
