// The page of a document beside its text: connects the store with what shows it and with the editor.

import { documentAddress, pageAddress } from "./addresses.js";
import { ApiError } from "./api.js";
import { changesButton } from "./changes.js";
import { doubtText } from "./doubt.js";
import { Editor } from "./editor.js";
import { element } from "./elements.js";
import { PictureView } from "./picture.js";
import { PageStore } from "./store.js";
import { TextView } from "./text.js";
import { writeButton } from "./write_files.js";

const byId = (id) => document.getElementById(id);
const SLOW = 500; // milliseconds
const store = new PageStore();

/** Return {key, number, selection} of an address: /documents/KEY/pages/NUMBER?line=3&word=2, counted from 1. */
function placeOf(address) {
  const [, , key, , number] = address.pathname.split("/");
  const line = Number(address.searchParams.get("line"));
  const word = Number(address.searchParams.get("word"));
  const selection = line >= 1 ? { line: line - 1, word: word >= 1 ? word - 1 : null } : null;
  return { key, number: Number(number), selection };
}

async function show(address) {
  const { key, number, selection } = placeOf(address);
  byId("problem").hidden = true;
  try {
    await store.load(key, number);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    byId("problem").textContent = error.explanation;
    byId("problem").hidden = false;
    return;
  }
  if (selection && store.page.lines[selection.line]) store.select(selection.line, selection.word);
}

/** Shows another page of the document without loading this program again. */
function open(number) {
  const address = new URL(pageAddress(store.page.document.key, number), location.href);
  history.pushState(null, "", address);
  return show(address);
}

/** Keeps the address in step when the editor goes on to another page. */
function showAddress() {
  const address = pageAddress(store.key, store.number);
  if (location.pathname !== address) history.pushState(null, "", address);
}

function showHeader() {
  const { document: shown, number, previous, next } = store.page;
  document.title = `Page ${number} of ${shown.name} · penstock review`;
  byId("name").textContent = shown.name;
  byId("name").href = documentAddress(shown.key);
  byId("position").replaceChildren(element("span", { className: "wide" }, "Page "), `${number} of ${shown.pages}`);
  link(byId("previous"), previous);
  link(byId("next"), next);
}

function link(shown, number) {
  if (number === null) shown.removeAttribute("href");
  else shown.href = pageAddress(store.page.document.key, number);
  shown.ariaDisabled = number === null ? "true" : null;
}

function showSummary() {
  const { state, why, lines, can_edit: canEdit } = store.page;
  // A person can write the text of a page that could not be read.
  const hasText = state === "read" || lines.length > 0;
  byId("summary").className = hasText || state === "found" ? "quiet" : "problem";
  byId("editor").hidden = !canEdit;
  const words = lines.flatMap((line) => line.words);
  const count = (kind) => words.filter((word) => word[kind]).length;
  byId("summary").textContent =
    hasText
      ? doubtText({ words: words.length, doubtful: count("doubtful"), corrected: count("corrected") })
      : state === "found"
        ? "This page was not read yet."
        : `This page could not be read: ${why}${canEdit ? ". You can write its text yourself with “Add a word”." : ""}`;
}

let slow = 0;

/** Says "Saving…" only if it takes a while, so that a screen reader is not interrupted by each word. */
function showSaving() {
  const { state, message } = store.saving;
  clearTimeout(slow);
  byId("saving").ariaBusy = String(state === "saving");
  if (state === "saving") slow = setTimeout(() => say("Saving…", state), SLOW);
  else say(state === "saved" ? "Saved" : message || "Not saved", state);
}

function say(text, state) {
  byId("saving").textContent = text;
  byId("saving").className = state;
}

for (const id of ["previous", "next"]) {
  byId(id).addEventListener("click", (event) => {
    const isPlain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
    if (!isPlain || !event.currentTarget.href) return;
    event.preventDefault();
    open(store.page[id]);
  });
}
store.addEventListener("page", () => {
  showAddress();
  showHeader();
  showSummary();
});
store.addEventListener("lines", showSummary);
store.addEventListener("saving", showSaving);
addEventListener("popstate", () => show(new URL(location.href)));

const picture = new PictureView(byId("picture"), store);
new TextView(byId("lines"), store);
new Editor(byId("editor"), store, picture);
byId("summary").after(changesButton(store), writeButton(store));
show(new URL(location.href));
