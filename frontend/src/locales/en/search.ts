/** Finding what was said. */
export const searchEn = {
  open: "Search the chat",
  title: "Search",
  field: "Find what was said",
  where: "Where to look",
  here: "On this page",
  everywhere: "Everywhere",
  results: "Messages",
  hint: "Words or pieces of words, in any order.",
  count: (count: number, isMore: boolean) =>
    count === 0
      ? "Nothing was said with these words."
      : count === 1 && !isMore
        ? "1 message"
        : `${count}${isMore ? " or more" : ""} messages`,
  more: "Show older ones",
  again: "Try again",
  untitled: "Untitled",
};
