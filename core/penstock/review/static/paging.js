// A list that is loaded part by part while a person scrolls down.

import { ApiError } from "./api.js";

/**
 * Loads the next part when the button "more" comes into sight or is pressed.
 *
 * `load(after)` returns a promise of the part after `after`. The part's `next` is the `after` of the following part, or
 * null at the end. `show(part)` adds a part to the list.
 */
export class Paging {
  #load;
  #show;
  #more;
  #status;
  #next = null;
  #hasFailed = false; // then the next part is loaded only when the button is pressed
  #running = null; // the promise of the part that is loaded now
  #turn = 0; // counts the starts, so that a late answer to an earlier search is not shown

  constructor({ load, show, more, status }) {
    this.#load = load;
    this.#show = show;
    this.#more = more;
    this.#status = status;
    more.addEventListener("click", () => this.#part());
    new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && !this.#hasFailed && this.#part(),
      { rootMargin: "600px" },
    ).observe(more);
  }

  /** Load the first part. */
  start(after = null) {
    this.#turn += 1;
    this.#next = after;
    this.#running = null;
    return this.#part();
  }

  /** Load parts while `isWanted()` returns true and parts are left. */
  async while(isWanted) {
    const turn = this.#turn;
    while (this.#next !== null && !this.#hasFailed && turn === this.#turn && isWanted()) await this.#part();
  }

  /** Load the next part. A call while it is loaded returns the same promise. */
  #part() {
    if (!this.#running) {
      const running = this.#loadPart().finally(() => {
        if (this.#running === running) this.#running = null;
      });
      this.#running = running;
    }
    return this.#running;
  }

  async #loadPart() {
    const turn = this.#turn;
    this.#more.hidden = true;
    this.#hasFailed = false;
    try {
      const part = await this.#load(this.#next);
      if (turn !== this.#turn) return;
      this.#next = part.next;
      this.#show(part);
      this.#more.hidden = part.next === null;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (turn !== this.#turn) return;
      this.#hasFailed = true;
      this.#status.textContent = error.explanation;
      this.#more.hidden = false;
    }
  }
}
