// Prints, as JSON, the lines and the words with their boxes that pdf.js finds on each page of a PDF.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [library, path, widths] = process.argv.slice(2);
const advances = JSON.parse(widths);
const pdfjs = await import(pathToFileURL(`${library}/legacy/build/pdf.mjs`));
const data = new Uint8Array(readFileSync(path));
const folder = (name) => `${library}/${name}/`;
const document = await pdfjs.getDocument({
  data, verbosity: 0, cMapUrl: folder("cmaps"), cMapPacked: true, standardFontDataUrl: folder("standard_fonts"),
}).promise;

// Where a part of an item begins, as a browser sets it in the sans serif that stands in for the font.
function widthOf(text) {
  return [...text].reduce((sum, character) => sum + (advances[character] ?? (character > "\u2e80" ? 1000 : 500)), 0);
}

function wordsOf(item, style, height) {
  const [a, b, , , x, y] = item.transform;
  const length = Math.hypot(a, b);
  const [cosine, sine] = [a / length, b / length];
  const up = (style.ascent || 0.8) * item.height;
  const down = (style.descent || -0.2) * item.height;
  const step = item.width / widthOf(item.str);
  const words = [];
  for (const match of item.str.matchAll(/\S+/g)) {
    const width = widthOf(match[0]) * step;
    const before = widthOf(item.str.slice(0, match.index)) * step;
    const start = item.dir === "rtl" ? item.width - before - width : before;
    const end = start + width;
    const corners = [[start, up], [end, up], [end, down], [start, down]]
      .map(([u, v]) => [x + u * cosine - v * sine, height - (y + u * sine + v * cosine)]);
    const xs = corners.map((corner) => corner[0]);
    const ys = corners.map((corner) => corner[1]);
    words.push([match[0], [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]]);
  }
  return words;
}

const pages = [];
for (let number = 1; number <= document.numPages; number += 1) {
  const page = await document.getPage(number);
  const height = page.view[3];
  const content = await page.getTextContent();
  let line = "";
  const lines = [];
  const words = [];
  for (const item of content.items) {
    line += item.str;
    if (item.str.trim()) words.push(...wordsOf(item, content.styles[item.fontName], height));
    if (item.hasEOL) {
      lines.push(line);
      line = "";
    }
  }
  if (line) lines.push(line);
  pages.push({ lines, words });
}
process.stdout.write(JSON.stringify(pages));
