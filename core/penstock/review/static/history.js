// What this tab did, for undo and redo. It is kept in the tab's storage, so that a reload loses nothing.

import { keep, recalled } from "./kept.js";

const STORED_AS = "penstock-history";
const MOST = 500;
const MOST_STORED = 40;

export class History {
  #done;
  #undone;
  #timer = null;

  constructor() {
    const { done = [], undone = [] } = recalled(STORED_AS) ?? {};
    this.#done = done;
    this.#undone = undone;
    // A page that is left becomes hidden after what was typed last has become an edit.
    document.addEventListener("visibilitychange", () => this.#keep());
  }

  get canUndo() {
    return this.#done.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  /** Remember a splice of a page: {key, number, splice}. */
  add(entry) {
    this.#done = [...this.#done, entry].slice(-MOST);
    this.#undone = [];
    this.#remember();
  }

  /** Return the splice to undo, or null. */
  undo() {
    return this.#moved(this.#done, this.#undone);
  }

  /** Return the splice to do again, or null. */
  redo() {
    return this.#moved(this.#undone, this.#done);
  }

  /** Replace the lines of a splice by those that the server has stored. */
  stored(edit, lines) {
    const entry = [...this.#done, ...this.#undone].find((each) => each.splice.id === edit.id);
    if (entry) entry.splice.after = lines;
  }

  /** Forget a splice that was not stored. */
  forget(edit) {
    const isOther = (each) => each.splice.id !== edit.id;
    this.#done = this.#done.filter(isOther);
    this.#undone = this.#undone.filter(isOther);
    this.#remember();
  }

  #moved(from, to) {
    const entry = from.pop() ?? null;
    if (entry) to.push(entry);
    this.#remember();
    return entry;
  }

  #remember() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#keep(), 300);
  }

  #keep() {
    clearTimeout(this.#timer);
    keep(STORED_AS, { done: this.#done.slice(-MOST_STORED), undone: this.#undone.slice(-MOST_STORED) });
  }
}
