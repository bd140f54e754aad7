// The edits of one page which the server has not stored yet.

import { applied } from "./edits.js";
import { rebased } from "./merging.js";

export class UnsavedPage {
  constructor({ key, number, queue = [], conflicts = [] }) {
    this.key = key;
    this.number = number;
    /** The lines that the server has; null until the page was loaded. */
    this.confirmed = null;
    /** Edits in the order in which they were made. Each one is made for the lines after those before it. */
    this.queue = queue;
    /** Edits whose lines were changed elsewhere. A person has to choose. */
    this.conflicts = conflicts;
  }

  get isEmpty() {
    return !this.queue.length && !this.conflicts.length;
  }

  /** The lines with all edits that wait. */
  get lines() {
    return this.queue.reduce(applied, this.confirmed);
  }

  /** Take lines from the server, and make the edits that wait fit them. */
  confirm(lines) {
    const waiting = this.queue;
    this.confirmed = lines;
    this.queue = [];
    for (const edit of waiting) {
      const splice = rebased(this.lines, edit);
      if (!splice) this.conflicts.push(edit);
      else if (!splice.isDone) this.queue.push({ ...edit, ...splice });
    }
  }

  /** Return what is sent for the first edit: the server compares `before` with the lines that it has. */
  next() {
    const { kind, start, before, after } = this.queue[0];
    return { kind, start, before: this.confirmed.slice(start, start + before.length), after };
  }

  /** Take the answer to the first edit: the lines as the server has stored them. */
  stored(lines) {
    const edit = this.queue.shift();
    this.confirmed = applied(this.confirmed, { ...edit, after: lines });
  }

  toJSON() {
    return { key: this.key, number: this.number, queue: this.queue, conflicts: this.conflicts };
  }
}
