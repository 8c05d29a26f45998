/** After the build: what the server sends is compressed once and well, instead of at each request. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const folder = new URL("./dist/assets/", import.meta.url);

for (const name of readdirSync(folder).filter((each) => /\.(js|css)$/.test(each))) {
  const content = readFileSync(new URL(name, folder));
  writeFileSync(new URL(`${name}.br`, folder), brotliCompressSync(content));
  writeFileSync(new URL(`${name}.gz`, folder), gzipSync(content, { level: 9 }));
}
