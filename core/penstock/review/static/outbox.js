// Sends edits to the server one after the other, and keeps them in the tab's storage until they are stored.

import { pagePath } from "./addresses.js";
import { get, post } from "./api.js";
import { counted } from "./counts.js";
import { keep, recalled } from "./kept.js";
import { UnsavedPage } from "./unsaved.js";

const STORED_AS = "penstock-unsaved";

/** Seconds before a failed request is tried again; the last one repeats. */
const WAITS = [1, 2, 4, 8, 15];

/** Statuses with which the server refuses an edit for good. */
const REFUSED = new Set([400, 413, 415, 422]);

const nameOf = (key, number) => `${key}/${number}`;

/**
 * Events: "stored" {page, edit, lines} after an edit, "refused" {edit} if the server does not take it,
 * "reloaded" {page} after another tab's change was taken,
 * "state" {state, unsaved, message} with the states "saved", "saving", "waiting", "error" and "conflict".
 */
export class Outbox extends EventTarget {
  #pages = new Map();
  #sending = null;
  #timer = null;
  #failures = 0;
  #refusal = "";

  constructor() {
    super();
    for (const each of recalled(STORED_AS) ?? []) this.#pages.set(nameOf(each.key, each.number), new UnsavedPage(each));
    addEventListener("beforeunload", (event) => {
      if (this.unsaved && this.#failures) event.preventDefault();
    });
    addEventListener("online", () => this.send());
  }

  /** The number of edits that are not stored yet. */
  get unsaved() {
    return this.#all().reduce((sum, page) => sum + page.queue.length, 0);
  }

  /** Pages with edits that contradict another change: {key, number, conflicts}. */
  get conflicting() {
    return this.#all().filter((page) => page.conflicts.length);
  }

  #all() {
    return [...this.#pages.values()];
  }

  /** Wait until no request is on its way. */
  async idle() {
    while (this.#sending) await this.#sending;
  }

  /** Wait until all edits are stored or the server does not answer. Return whether all are stored. */
  async settled() {
    await this.send();
    return this.unsaved === 0;
  }

  has(key, number) {
    return this.#pages.has(nameOf(key, number)) && !this.#pages.get(nameOf(key, number)).isEmpty;
  }

  /** Take a page that was loaded. Return it with the edits that wait for it. */
  open(key, number, lines) {
    const name = nameOf(key, number);
    const page = this.#pages.get(name) ?? new UnsavedPage({ key, number });
    this.#pages.set(name, page);
    page.confirm(lines);
    for (const other of this.#all()) {
      if (other !== page && other.isEmpty) this.#pages.delete(nameOf(other.key, other.number));
    }
    this.#changed();
    this.send();
    return page;
  }

  add(page, edit) {
    page.queue.push(edit);
    this.#refusal = "";
    this.#changed();
    this.send();
  }

  /** Forget an edit that contradicts another change. */
  drop(page, edit) {
    page.conflicts = page.conflicts.filter((each) => each !== edit);
    this.#changed();
  }

  /** Send the edits that wait. At most one request is on its way. */
  async send() {
    clearTimeout(this.#timer);
    if (this.#sending) return this.#sending;
    this.#sending = this.#sendAll().finally(() => { this.#sending = null; });
    return this.#sending;
  }

  async #sendAll() {
    let page;
    while ((page = this.#all().find((each) => each.queue.length))) {
      try {
        if (!page.confirmed) await this.#reload(page);
        else await this.#sendFirst(page);
        this.#failures = 0;
      } catch (error) {
        this.#failed(page, error);
        return;
      }
      this.#changed();
    }
  }

  async #sendFirst(page) {
    try {
      const [edit] = page.queue;
      const { lines } = await post(`${pagePath(page.key, page.number)}/edits`, page.next());
      if (page.queue[0]?.id !== edit.id) return; // the page was loaded meanwhile, with this edit
      page.stored(lines);
      this.#tell("stored", { page, edit, lines });
    } catch (error) {
      if (error.status === 409 && error.page) this.#took(page, error.page.lines);
      else if (REFUSED.has(error.status)) await this.#refused(page, error);
      else throw error;
    }
  }

  async #refused(page, error) {
    this.#tell("refused", { edit: page.queue.shift() });
    this.#refusal = error.explanation ?? error.message;
    await this.#reload(page);
  }

  async #reload(page) {
    this.#took(page, (await get(pagePath(page.key, page.number))).lines);
  }

  #took(page, lines) {
    page.confirm(lines);
    this.#tell("reloaded", { page });
  }

  #failed(page, error) {
    const wait = WAITS[Math.min(this.#failures, WAITS.length - 1)];
    this.#failures += 1;
    this.#timer = setTimeout(() => this.send(), wait * 1000);
    this.#changed(error.explanation ?? error.message);
  }

  #changed(message = "") {
    this.#remember();
    const unsaved = this.unsaved;
    const conflict = this.conflicting.length > 0;
    const state = message ? "waiting" : conflict ? "conflict" : this.#refusal ? "error" : unsaved ? "saving" : "saved";
    this.#tell("state", { state, unsaved, message: this.#messageOf(state, message) });
  }

  #messageOf(state, message) {
    const changes = `${counted(this.unsaved, "change")} ${this.unsaved === 1 ? "is" : "are"}`;
    if (state === "waiting") return `${changes} not saved yet. ${message}`;
    return state === "conflict" ? "A line was changed elsewhere, too." : this.#refusal;
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #remember() {
    const pages = this.#all().filter((page) => !page.isEmpty);
    keep(STORED_AS, pages.length ? pages : null);
  }
}
