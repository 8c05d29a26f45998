import { Editor } from "@tiptap/core";
import { Collaboration } from "@tiptap/extension-collaboration";
import { afterEach, expect, test } from "vitest";
import * as Y from "yjs";
import { BODY, schemaExtensions } from "./extensions";

const open: Editor[] = [];

afterEach(() => {
  for (const editor of open.splice(0)) editor.destroy();
});

function write(doc: Y.Doc): Editor {
  const editor = new Editor({
    element: document.createElement("div"),
    injectCSS: false,
    extensions: [...schemaExtensions(), Collaboration.configure({ document: doc, field: BODY })],
  });
  open.push(editor);
  return editor;
}

/** Two documents whose updates reach each other only when `deliver` is called. */
function pair() {
  const docs = [new Y.Doc(), new Y.Doc()] as const;
  const [ann, ben] = docs;
  // As the server does: the first paragraph exists before anyone opens the page.
  ann.getXmlFragment(BODY).insert(0, [new Y.XmlElement("paragraph")]);
  Y.applyUpdate(ben, Y.encodeStateAsUpdate(ann));
  const deliver = () => {
    const [fromAnn, fromBen] = [Y.encodeStateAsUpdate(ann), Y.encodeStateAsUpdate(ben)];
    Y.applyUpdate(ben, fromAnn);
    Y.applyUpdate(ann, fromBen);
  };
  return { ann: write(ann), ben: write(ben), deliver };
}

const RICH = `
  <h2>Plan</h2><p>One <strong>bold</strong> <em>slanted</em> <u>under</u> <s>gone</s> <code>x = 1</code>
  <mark>seen</mark> <a href="https://example.org">there</a></p>
  <ul><li><p>a</p><ol><li><p>b</p></li></ol></li></ul>
  <ul data-type="taskList"><li data-type="taskItem" data-checked="true"><p>done</p></li></ul>
  <blockquote><p>said</p></blockquote><pre><code class="language-python">print()</code></pre><hr>
  <img src="https://example.org/a.png" alt="A">
  <table><tr><th><p>k</p></th></tr><tr><td><p>v</p></td></tr></table>`;

test("what Ann and Ben wrote at once in a rich document is the same on both sides", () => {
  const { ann, ben, deliver } = pair();
  ann.commands.setContent(RICH);
  deliver();
  ann.commands.insertContentAt(1, "Our ");
  ben.chain().setTextSelection(3).toggleHeading({ level: 3 }).run();
  ben.commands.insertContentAt(ben.state.doc.content.size, "<p>The end</p>");
  deliver();
  expect(ann.getJSON()).toEqual(ben.getJSON());
  const json = JSON.stringify(ann.getJSON());
  for (const kind of ["taskItem", "tableHeader", "codeBlock", "image", "highlight", "underline"]) {
    expect(json).toContain(`"${kind}"`);
  }
  expect(ann.getText()).toContain("Our Plan");
  expect(ann.getText()).toContain("The end");
});

test("Ann's undo takes back her words and leaves Ben's", () => {
  const { ann, ben, deliver } = pair();
  ann.commands.insertContentAt(1, "Ann ");
  deliver();
  ben.commands.insertContentAt(ben.state.doc.content.size - 1, "Ben");
  deliver();
  ann.commands.undo();
  deliver();
  expect(ann.getText().trim()).toBe("Ben");
  expect(ben.getText().trim()).toBe("Ben");
});

test("an image or a link to something that could run as a script is not asked for", () => {
  const { ann } = pair();
  ann.commands.setContent(
    '<p><a href="javascript:alert(1)">x</a></p><img src="javascript:alert(1)">',
  );
  expect(ann.view.dom.innerHTML).not.toContain("javascript:");
});
