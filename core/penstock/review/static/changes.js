// The button that shows who changed what on a page, and when.

import { pagePath } from "./addresses.js";
import { ApiError, get } from "./api.js";
import { openDialog } from "./dialog.js";
import { button, element } from "./elements.js";

const KINDS = {
  replace: "corrected",
  accept: "accepted",
  split: "split a word",
  join: "joined words",
  delete: "deleted",
  add: "added",
  move: "moved a box",
  order: "changed the order",
  illegible: "marked as illegible",
  undo: "undone",
  redo: "done again",
};
const time = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Return the button. It is hidden while the store's page cannot be edited. */
export function changesButton(store) {
  const show = async () => openDialog("Changes of this page", "changes", await changes(store));
  const made = button("Changes", show, { title: "Who changed what on this page", hidden: true });
  store.addEventListener("page", () => { made.hidden = !store.page.can_edit; });
  return made;
}

async function changes(store) {
  try {
    await store.settled();
    const { edits } = await get(`${pagePath(store.key, store.number)}/history`);
    return edits.length ? element("ol", {}, ...edits.map(item)) : element("p", {}, "Nothing was changed yet.");
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return element("p", { className: "problem" }, error.explanation);
  }
}

function item({ at, who, kind, before, after }) {
  const what = KINDS[kind] ?? kind;
  const about = element("p", { className: "quiet" });
  about.append(`${time.format(new Date(at))}: ${what}`, ...(who ? [" by ", element("bdi", {}, who)] : []));
  const texts = before === after ? [line("p", after)] : [line("del", before), line("ins", after)];
  return element("li", {}, about, ...texts);
}

function line(name, text) {
  return element(name, { dir: "auto", hidden: !text }, text);
}
