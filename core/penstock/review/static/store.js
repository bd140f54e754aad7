// The state of the page that is reviewed: its lines, the selected word, and what was changed.

import { documentPath, pagePath } from "./addresses.js";
import { get } from "./api.js";
import { applied, reversed, same } from "./edits.js";
import { History } from "./history.js";
import { contradicting, difference, rebased } from "./merging.js";
import { Outbox } from "./outbox.js";

/** Milliseconds for which a page that was loaded ahead is used. */
const FRESH = 20_000;

/**
 * Events, with what `detail` holds:
 * - "leave" {page}: a page that was loaded takes the place of this one; edits of this one can still be applied
 * - "page" {page}: another page was loaded, or this one again
 * - "lines" {start, removed, inserted}: `removed` lines from `start` on were replaced by `inserted` lines
 * - "selection" {line, word} or null
 * - "saving" {state, unsaved, message}: see outbox.js
 * - "message" {text}: something to tell the person
 */
export class PageStore extends EventTarget {
  #outbox;
  #history;
  #unsaved = null;
  #ahead = new Map();
  #edits = 0;
  #loads = 0;

  constructor() {
    super();
    this.page = null;
    this.key = null;
    this.selection = null;
    this.saving = { state: "saved", unsaved: 0, message: "" };
    this.#history = new History();
    this.#outbox = new Outbox();
    this.#outbox.addEventListener("state", ({ detail }) => {
      this.saving = detail;
      this.#tell("saving", detail);
    });
    this.#outbox.addEventListener("stored", ({ detail }) => this.#stored(detail));
    this.#outbox.addEventListener("refused", ({ detail }) => this.#history.forget(detail.edit));
    this.#outbox.addEventListener("reloaded", ({ detail }) => {
      if (detail.page === this.#unsaved) this.#showAll(detail.page.lines);
    });
  }

  get number() {
    return this.page?.number ?? null;
  }

  get lines() {
    return this.page?.lines ?? [];
  }

  get canUndo() {
    return this.#history.canUndo;
  }

  get canRedo() {
    return this.#history.canRedo;
  }

  /** Edits of this page that contradict another change: [{edit, mine: [LINE…], theirs: [LINE…]}]. */
  get conflicts() {
    const edits = this.#unsaved?.conflicts ?? [];
    return edits.map((edit) => ({ edit, mine: edit.after, theirs: contradicting(this.lines, edit).lines }));
  }

  /** Other pages with such edits: [{key, number}]. */
  get otherConflicts() {
    return this.#outbox.conflicting.filter((each) => each !== this.#unsaved);
  }

  /** Load a page of a document. Edits that were not stored are done again. Raises ApiError. */
  async load(key, number) {
    if (this.#outbox.has(key, number)) await this.#outbox.idle();
    this.#loads += 1;
    const load = this.#loads;
    const page = await this.#loaded(key, number);
    if (load !== this.#loads) return; // another page was asked for meanwhile
    if (this.page) this.#tell("leave", { page: this.page });
    this.#unsaved = this.#outbox.open(key, number, page.lines ?? []);
    this.key = key;
    this.page = { ...page, lines: this.#unsaved.lines };
    this.selection = null;
    this.#tell("page", { page: this.page });
    this.#tell("selection", null);
    if (page.next_doubtful) this.loadAhead(key, page.next_doubtful);
  }

  /** Load this page again, after it was changed by other means than `apply`. The selection stays. */
  async reload() {
    this.#ahead.clear();
    await this.#outbox.settled();
    const { selection, key, number } = this;
    await this.load(key, number);
    if (selection) this.select(selection.line, selection.word);
  }

  /** Wait until all edits are stored. Return whether they are. */
  settled() {
    return this.#outbox.settled();
  }

  #loaded(key, number) {
    const ahead = this.#ahead.get(`${key}/${number}`);
    this.#ahead.clear();
    if (ahead && performance.now() - ahead.at < FRESH) return ahead.page;
    return get(pagePath(key, number));
  }

  /** Load a page that is likely to be shown next. */
  loadAhead(key, number) {
    const page = get(pagePath(key, number));
    page.catch(() => this.#ahead.clear()); // it is loaded again when it is shown
    this.#ahead.set(`${key}/${number}`, { page, at: performance.now() });
  }

  /** Select a word, counted from 0; `word` null selects a line without words. `line` null selects nothing. */
  select(line, word = null) {
    const chosen = this.lines[line];
    const last = chosen ? chosen.words.length - 1 : -1;
    this.selection = chosen ? { line, word: last < 0 ? null : Math.min(Math.max(word ?? 0, 0), last) } : null;
    this.#tell("selection", this.selection);
  }

  /** Replace lines: show it at once, and store it. `before` must be the lines from `start` on. */
  apply(kind, start, before, after) {
    const edit = this.#applied({ kind, start, before, after });
    this.#history.add({ key: this.key, number: this.number, splice: edit });
  }

  #applied({ kind, start, before, after }) {
    if (!before.every((line, index) => same(line, this.lines[start + index]))) {
      throw new Error("before must be the lines of the page from start on");
    }
    this.#edits += 1;
    const edit = { kind, start, before, after, id: `${Date.now()}-${this.#edits}` };
    this.#show(edit);
    this.#outbox.add(this.#unsaved, edit);
    return edit;
  }

  /** Take back the last edit of this tab. Loads the page of the edit if another one is shown. */
  undo() {
    return this.#again(this.#history.undo(), (splice) => reversed(splice), "undone");
  }

  /** Do the last edit again that was taken back. */
  redo() {
    return this.#again(this.#history.redo(), (splice) => ({ ...splice, kind: "redo" }), "done again");
  }

  async #again(entry, changed, what) {
    if (!entry) return false;
    if (entry.key !== this.key || entry.number !== this.number) await this.load(entry.key, entry.number);
    const splice = rebased(this.lines, changed(entry.splice));
    if (!splice || splice.isDone) {
      this.#tell("message", { text: `This change was not ${what}: its line was changed since.` });
      return false;
    }
    const word = changedWord(splice);
    this.#applied(splice);
    this.select(Math.min(splice.start, this.lines.length - 1), word);
    return true;
  }

  /** Decide about an edit that contradicts another change: keep "mine" or "theirs". */
  resolve(edit, choice) {
    const { start, lines } = contradicting(this.lines, edit);
    this.#outbox.drop(this.#unsaved, edit);
    if (choice === "mine") this.apply(edit.kind, start, lines, edit.after);
  }

  /** Return the {line, word} of the next doubtful word after `from` (null: from the start), or null. */
  nextDoubtful(from = this.selection) {
    return this.#doubtful(from, 1);
  }

  /** A page may have thousands of words, and each key press asks: no more of them are looked at than needed. */
  #doubtful(from, step) {
    const { lines } = this;
    for (let line = from?.line ?? (step > 0 ? 0 : lines.length - 1); lines[line]; line += step) {
      const { words } = lines[line];
      const first = step > 0 ? 0 : words.length - 1;
      for (let word = line === from?.line ? (from.word ?? -1) + step : first; words[word]; word += step) {
        if (words[word].doubtful) return { line, word };
      }
    }
    return null;
  }

  /** Select the next (`step` 1) or previous (-1) doubtful word, also of another page. Return whether there is one. */
  async selectDoubtful(step = 1, from = this.selection) {
    let found = this.#doubtful(from, step);
    if (!found) {
      const number = step > 0 ? this.page.next_doubtful : await this.#previousDoubtfulPage();
      if (!number) return false;
      await this.load(this.key, number);
      found = this.#doubtful(null, step);
    }
    if (found) this.select(found.line, found.word);
    return Boolean(found);
  }

  async #previousDoubtfulPage() {
    const limit = 100;
    for (let end = this.number; end > 1; end -= limit) {
      const after = Math.max(end - 1 - limit, 0);
      const { pages } = await get(`${documentPath(this.key)}/pages?after=${after}&limit=${limit}`);
      const found = pages.filter((page) => page.number < end && page.doubtful > 0).pop();
      if (found) return found.number;
    }
    return null;
  }

  #stored({ page, edit, lines }) {
    this.#history.stored(edit, lines);
    // While more edits wait, what is shown is ahead of what is stored.
    if (page === this.#unsaved && !page.queue.length && !same(page.confirmed, this.lines)) this.#showAll(page.lines);
  }

  #show(splice) {
    const { start, before, after } = splice;
    this.page.lines = applied(this.lines, splice);
    this.#tell("lines", { start, removed: before.length, inserted: after.length });
    const shift = after.length - before.length;
    if (this.selection && shift && this.selection.line >= start + before.length) {
      this.select(this.selection.line + shift, this.selection.word);
    } else if (this.selection && !this.lines[this.selection.line]) this.select(null);
  }

  /** Show lines that the server has sent, with as few changes as possible. */
  #showAll(lines) {
    const splice = difference(this.lines, lines);
    if (splice.before.length || splice.after.length) this.#show(splice);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Return the index of the first word that a splice changes in its first line. */
function changedWord({ before, after }) {
  const [was, now] = [before[0]?.words ?? [], after[0]?.words ?? []];
  const index = now.findIndex((word, place) => !same(word, was[place]));
  return Math.max(index, 0);
}
