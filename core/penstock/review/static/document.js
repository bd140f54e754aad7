// The pages of a document.

import { documentPath, pageAddress } from "./addresses.js";
import { get } from "./api.js";
import { doubtBar } from "./doubt.js";
import { element } from "./elements.js";
import { Paging } from "./paging.js";
import { thumbnail } from "./thumbnail.js";

const AT_ONCE = 100;
const key = location.pathname.split("/")[2];

const pages = document.getElementById("pages");
const status = document.getElementById("status");

const paging = new Paging({
  load: (after) => get(`${documentPath(key)}/pages?after=${after}&limit=${AT_ONCE}`),
  show,
  more: document.getElementById("more"),
  status,
});

function show({ name, origin, pages: part }) {
  document.title = `${name} · penstock review`;
  document.getElementById("name").textContent = name;
  document.getElementById("origin").textContent = origin;
  status.textContent = part.length || pages.children.length ? "" : "No page of this document was read yet.";
  pages.append(...part.map(card));
}

function card(page) {
  const link = element("a", { href: pageAddress(key, page.number) }, `Page ${page.number}`);
  return element("li", { className: page.state }, thumbnail(key, page.number), element("h2", {}, link), about(page));
}

function about(page) {
  if (page.state === "read") return doubtBar(page);
  if (page.state === "found") return element("p", { className: "quiet" }, "Not read yet");
  return element("p", { className: "problem", dir: "auto" }, `Could not be read: ${page.why}`);
}

paging.start(0);
