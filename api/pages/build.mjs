// Copies what the page takes from npm into static/vendor/, which is not committed.
// Run by `npm run assets`; the lock file holds the hashes of the packages.
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const pages = path.dirname(fileURLToPath(import.meta.url));
const modules = path.join(pages, "..", "..", "node_modules");
const vendor = path.join(pages, "static", "vendor");

const sarabunFiles = ["thai", "latin"].flatMap((script) =>
  ["400", "700"].map((weight) => `sarabun-${script}-${weight}-normal.woff2`),
);

const copies = [
  ["leaflet/LICENSE", "leaflet/LICENSE.txt"],
  ["leaflet/dist/leaflet.css", "leaflet/leaflet.css"],
  ["uplot/LICENSE", "uplot/LICENSE.txt"],
  ["uplot/dist/uPlot.min.css", "uplot/uPlot.min.css"],
  ["@fontsource/sarabun/LICENSE", "sarabun/LICENSE.txt"],
  ...sarabunFiles.map((name) => [`@fontsource/sarabun/files/${name}`, `sarabun/${name}`]),
];

// Both libraries are minified only as classic scripts; one export line makes each importable,
// so that the page can ask for them after it has shown the number.
const wrapped = [
  ["leaflet/dist/leaflet.js", "leaflet/leaflet.js", "export default globalThis.L;"],
  ["uplot/dist/uPlot.iife.min.js", "uplot/uPlot.js", "export default uPlot;"],
];

async function copy([from, to]) {
  await mkdir(path.dirname(path.join(vendor, to)), { recursive: true });
  await cp(path.join(modules, from), path.join(vendor, to));
}

async function wrap([from, to, exportLine]) {
  const script = await readFile(path.join(modules, from), "utf8");
  const withoutMap = script.replace(/\n\/\/# sourceMappingURL=.*\s*$/, "");
  await mkdir(path.dirname(path.join(vendor, to)), { recursive: true });
  await writeFile(path.join(vendor, to), `${withoutMap.trimEnd()}\n${exportLine}\n`);
}

await rm(vendor, { recursive: true, force: true });
await Promise.all([...copies.map(copy), ...wrapped.map(wrap)]);
console.log(`page assets: ${copies.length + wrapped.length} files in ${path.relative(process.cwd(), vendor)}`);
