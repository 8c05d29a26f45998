"""The document as ProseMirror JSON, Markdown, HTML, text and Yjs: pure functions of values."""
