import "fake-indexeddb/auto";
import { expect, test } from "vitest";
import { ChatStorage, cacheName, unsentName } from "./chat/storage";
import { forgetCopies } from "./keeping";
import { UploadShelf, uploadsName } from "./uploadShelf";

const names = async () => (await indexedDB.databases()).map(({ name }) => name);
const unsent = {
  clientId: "c",
  document: "d",
  text: "not sent yet",
  quote: null,
  replyTo: null,
  files: [],
  at: 1,
  order: 1,
  failure: null,
};

test("who signs out leaves no chat behind, only words that nobody has yet", async () => {
  const [ann, bob] = [new ChatStorage("ann"), new ChatStorage("bob")];
  const chat = { document: "d", seq: 1, epoch: "e", messages: [], hasBefore: false };
  await ann.writeChat(chat);
  await ann.writeUnsent(unsent);
  await bob.writeChat(chat);
  await bob.writeDraft({
    document: "d",
    text: "begun",
    names: [],
    quote: null,
    replyTo: null,
    files: [],
  });
  await new UploadShelf("ann").all();
  await new UploadShelf("bob").all();
  await forgetCopies("ann");
  await forgetCopies("bob");
  expect((await names()).sort()).toEqual([unsentName("ann"), uploadsName("ann")].sort());
  expect(await names()).not.toContain(cacheName("ann"));
});
