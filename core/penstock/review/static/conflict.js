// Asks which text is right if an edit and another change of the same line contradict each other.

import { pageAddress } from "./addresses.js";
import { button, element } from "./elements.js";

const textOf = (lines) => lines.map((line) => line.text).join("\n") || "(deleted)";

export class ConflictPanel {
  #store;
  #done;
  #panel = element("section", { className: "panel conflict", ariaLabel: "Two changes of the same line", hidden: true });

  /** `done` is called after a person has chosen. */
  constructor(root, store, { done }) {
    this.#store = store;
    this.#done = done;
    root.append(this.#panel);
    for (const name of ["saving", "page"]) store.addEventListener(name, () => this.#show());
  }

  #show() {
    const [conflict] = this.#store.conflicts;
    const [other] = this.#store.otherConflicts;
    this.#panel.hidden = !conflict && !other;
    if (conflict) this.#ask(conflict);
    else if (other) this.#point(other);
  }

  #ask({ edit, mine, theirs }) {
    this.#panel.replaceChildren(
      element("p", { role: "alert" }, "This line was changed elsewhere, too. Which text is right?"),
      this.#choice("Keep mine", textOf(mine), () => this.#store.resolve(edit, "mine")),
      this.#choice("Keep the other", textOf(theirs), () => this.#store.resolve(edit, "theirs")),
    );
  }

  #choice(name, text, choose) {
    const chosen = button(name, () => {
      choose();
      this.#show();
      if (this.#panel.hidden) this.#done();
    });
    return element("p", { className: "choice" }, chosen, element("bdi", {}, text));
  }

  #point({ key, number }) {
    const link = element("a", { href: pageAddress(key, number) }, `Go to page ${number}`);
    this.#panel.replaceChildren(
      element("p", { role: "alert" }, `A line of page ${number} was changed elsewhere, too. `, link));
  }
}
