// Copies the third-party files of the pages from node_modules into static/, with their licences
// and a list of SHA-256 sums. The copies are committed: nobody needs Node to install or run LoopGrid.
//
//   npm ci && npm run vendor     write the files
//   npm ci && npm run check      write nothing, fail if a committed file differs
//
// Sums are relative to the list itself: cd static/vendor && sha256sum -c SHA256SUMS
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const vendor = join(here, "..", "static", "vendor");

const SANS = "@fontsource-variable/ibm-plex-sans";
const MONO = "@fontsource/ibm-plex-mono";
const SERIF = "@fontsource/ibm-plex-serif";

const COPIES = {
  "htmx.min.js": "htmx.org/dist/htmx.min.js",
  "../fonts/ibm-plex-sans-latin-wght-normal.woff2": `${SANS}/files/ibm-plex-sans-latin-wght-normal.woff2`,
  "../fonts/ibm-plex-sans-latin-ext-wght-normal.woff2": `${SANS}/files/ibm-plex-sans-latin-ext-wght-normal.woff2`,
  "../fonts/ibm-plex-mono-latin-400-normal.woff2": `${MONO}/files/ibm-plex-mono-latin-400-normal.woff2`,
  "../fonts/ibm-plex-mono-latin-500-normal.woff2": `${MONO}/files/ibm-plex-mono-latin-500-normal.woff2`,
  "../fonts/ibm-plex-serif-latin-500-normal.woff2": `${SERIF}/files/ibm-plex-serif-latin-500-normal.woff2`,
  "../fonts/ibm-plex-serif-latin-600-normal.woff2": `${SERIF}/files/ibm-plex-serif-latin-600-normal.woff2`,
  "licences/htmx.txt": "htmx.org/LICENSE",
  "licences/lucide.txt": "lucide-static/LICENSE",
  "licences/ibm-plex-sans.txt": `${SANS}/LICENSE`,
  "licences/ibm-plex-mono.txt": `${MONO}/LICENSE`,
  "licences/ibm-plex-serif.txt": `${SERIF}/LICENSE`,
};

// Every name here is used by a template or a tag; a name that is missing fails the run.
const ICONS = `archive ban book-open-check bot building-2 check chevron-left chevron-right circle-check
  circle-question-mark clock copy download eye file-text flag history key-round keyboard
  link list-filter loader-circle lock log-out moon octagon-alert pencil-line plug-zap plus
  rotate-cw search server-off settings shield-check stamp triangle-alert user-round users x`.split(/\s+/);

function sprite() {
  const symbols = ICONS.map((name) => {
    const svg = readFileSync(join(modules, "lucide-static", "icons", `${name}.svg`), "utf8");
    const body = /<svg[^>]*>([\s\S]*)<\/svg>/.exec(svg)[1].replace(/\s+/g, " ").trim();
    return `<symbol id="${name}" viewBox="0 0 24 24">${body}</symbol>`;
  });
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg"><!-- Lucide, ISC: licences/lucide.txt -->${symbols.join("")}</svg>\n`,
  );
}

function wanted() {
  const files = new Map(Object.entries(COPIES).map(([to, from]) => [to, readFileSync(join(modules, from))]));
  files.set("icons.svg", sprite());
  files.set("SHA256SUMS", Buffer.from(sums(files)));
  return files;
}

// Lines that open with "#" name package and version; sha256sum -c passes over them.
function sums(files) {
  const { devDependencies: versions } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  return Object.entries(versions)
    .map(([name, version]) => {
      const its = [...files].filter(([file]) => packageOf(file) === name);
      const lines = its.map(([file, bytes]) => `${createHash("sha256").update(bytes).digest("hex")}  ${file}\n`);
      return lines.length ? `# ${name} ${version}\n${lines.sort().join("")}` : "";
    })
    .join("");
}

function packageOf(file) {
  return (COPIES[file] ?? "lucide-static/").match(/^(@[^/]+\/[^/]+|[^/]+)/)[1];
}

function check(files) {
  const wrong = [...files].filter(([name, bytes]) => {
    const path = join(vendor, name);
    return !existsSync(path) || !readFileSync(path).equals(bytes);
  });
  wrong.forEach(([name]) => console.error(`differs from its package: static/vendor/${name}`));
  process.exitCode = wrong.length ? 1 : 0;
}

function write(files) {
  for (const [name, bytes] of files) {
    mkdirSync(dirname(join(vendor, name)), { recursive: true });
    writeFileSync(join(vendor, name), bytes);
  }
  console.log(`${files.size} files written to static/vendor and static/fonts`);
}

(process.argv.includes("--check") ? check : write)(wanted());
