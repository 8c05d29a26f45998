import { Fragment, memo } from "react";
import { type Block, type Inline, isEmojiOnly, parse } from "./markdown";

/** Drawn again only when the text is another one. */
export const MessageText = memo(function MessageText({ text, me }: { text: string; me: string }) {
  const isLarge = isEmojiOnly(text);
  return (
    <div className={isLarge ? "words large" : "words"}>
      <Blocks blocks={parse(text)} me={me} />
    </div>
  );
});

function Blocks({ blocks, me }: { blocks: Block[]; me: string }) {
  return blocks.map((block, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the blocks of one text never move
    <BlockView key={at} block={block} me={me} />
  ));
}

function BlockView({ block, me }: { block: Block; me: string }) {
  switch (block.kind) {
    case "paragraph":
      return (
        <p>
          <Inlines nodes={block.inside} me={me} />
        </p>
      );
    case "code":
      return (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by key
        <pre tabIndex={0}>
          <code>{block.text}</code>
        </pre>
      );
    case "quote":
      return (
        <blockquote>
          <Blocks blocks={block.blocks} me={me} />
        </blockquote>
      );
    case "list": {
      const items = block.items.map((item, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the items of one text never move
        <li key={at}>
          <Blocks blocks={item} me={me} />
        </li>
      ));
      return block.start === null ? <ul>{items}</ul> : <ol start={block.start}>{items}</ol>;
    }
  }
}

function Inlines({ nodes, me }: { nodes: Inline[]; me: string }) {
  return nodes.map((node, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move
    <Fragment key={at}>{typeof node === "string" ? node : inlineView(node, me)}</Fragment>
  ));
}

function inlineView(node: Exclude<Inline, string>, me: string) {
  switch (node.kind) {
    case "break":
      return <br />;
    case "code":
      return <code>{node.text}</code>;
    case "mention":
      return <span className={node.id === me ? "mention mine" : "mention"}>@{node.name}</span>;
    case "link":
      return (
        <a href={node.href} target="_blank" rel="noopener noreferrer nofollow">
          <Inlines nodes={node.inside} me={me} />
        </a>
      );
    case "bold":
      return (
        <strong>
          <Inlines nodes={node.inside} me={me} />
        </strong>
      );
    case "italic":
      return (
        <em>
          <Inlines nodes={node.inside} me={me} />
        </em>
      );
    case "strike":
      return (
        <s>
          <Inlines nodes={node.inside} me={me} />
        </s>
      );
  }
}
