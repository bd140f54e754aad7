// The list of documents.

import { documentAddress, pageAddress } from "./addresses.js";
import { get } from "./api.js";
import { counted, shownNumber } from "./counts.js";
import { doubtBar } from "./doubt.js";
import { element } from "./elements.js";
import { keep, recalled } from "./kept.js";
import { Paging } from "./paging.js";
import { thumbnail } from "./thumbnail.js";

const AT_ONCE = 50;
const MOST_AGAIN = 1000; // documents that are loaded to show the one again that was opened
const OPENED = "penstock-opened"; // the name under which the tab keeps {text, key} of the document that was opened
const PAUSE = 200; // milliseconds without typing before a search starts

const documents = document.getElementById("documents");
const status = document.getElementById("status");
const words = document.getElementById("words");

const paging = new Paging({
  load: (after) => get(`/api/documents?${query(after)}`),
  show,
  more: document.getElementById("more"),
  status,
});

function query(after) {
  const values = { limit: AT_ONCE, text: words.value.trim() };
  if (after !== null) values.after = after;
  return new URLSearchParams(values);
}

function show({ documents: part, total }) {
  status.textContent = summary(total);
  documents.append(...part.map(row));
}

function summary(total) {
  const text = words.value.trim();
  if (!total) return text ? `No document is named like “${text}”.` : "No document was read yet.";
  return counted(total, "document");
}

function row(entry) {
  const link = element("a", { href: addressOf(entry), dir: "auto" }, entry.name);
  link.dataset.key = entry.key;
  const about = element(
    "div",
    { className: "about" },
    element("h2", {}, link),
    element("p", { className: "quiet origin", dir: "auto", title: entry.origin }, entry.origin),
    element("p", { className: "quiet" }, [counted(entry.pages, "page"), ...states(entry)].join(", ")),
    doubtBar(entry),
  );
  return element("li", { className: entry.state }, thumbnail(entry.key, entry.first), about);
}

/** A document with one page needs no list of its pages. */
function addressOf({ key, first, pages, read }) {
  return pages === 1 && read === 1 ? pageAddress(key, first) : documentAddress(key);
}

function states({ state, pages, read, failed }) {
  const parts = [];
  if (failed) parts.push(failed === pages ? "not read" : `${shownNumber(failed)} could not be read`);
  if (state === "reading") parts.push(`${shownNumber(read)} read so far`);
  return parts;
}

function search() {
  documents.replaceChildren();
  const address = new URL(location.href);
  const text = words.value.trim();
  if (text) address.searchParams.set("text", text);
  else address.searchParams.delete("text");
  history.replaceState(null, "", address);
  paging.start();
}

/** Shows the list as it was when a document was opened from it. */
async function showAgain() {
  const { text, key } = recalled(OPENED) ?? {};
  const link = () => documents.querySelector(`a[data-key="${CSS.escape(key ?? "")}"]`);
  if (!location.search && text) words.value = text;
  await paging.start();
  if (!key || text !== words.value.trim()) return;
  await paging.while(() => !link() && documents.children.length < MOST_AGAIN);
  link()?.focus({ preventScroll: true });
  link()?.scrollIntoView({ block: "center" });
}

documents.addEventListener("click", (event) => {
  const { key } = event.target.closest("a")?.dataset ?? {};
  if (key) keep(OPENED, { text: words.value.trim(), key });
});

let waiting = 0;
words.value = new URLSearchParams(location.search).get("text") ?? "";
words.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(search, PAUSE);
});
document.getElementById("search").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(waiting);
  search();
});
showAgain();
