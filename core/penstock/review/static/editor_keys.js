// The keys of the editor: which action a key starts, in the input and outside it.

import { actionOf, keysOf } from "./actions.js";

export class EditorKeys {
  #root;
  #view;
  #run;
  #choose;
  #isTyped;
  #isLeft = false; // whether a person has left the input with Escape: Tab then moves the focus

  /**
   * Listen to the keys for the editor in an element. `run` is called with the name of an action, `choose` with the text
   * of another reading. `isTyped` returns whether the input says something else than the word.
   */
  constructor(root, store, view, { run, choose, isTyped }) {
    this.#root = root;
    this.#view = view;
    this.#run = run;
    this.#choose = choose;
    this.#isTyped = isTyped;
    view.input.addEventListener("keydown", (event) => this.#inputKey(event));
    document.addEventListener("keydown", (event) => this.#anyKey(event));
    view.input.addEventListener("input", () => { this.#isLeft = false; });
    store.addEventListener("selection", () => { this.#isLeft = false; });
  }

  /** Let Tab move the focus until a word is selected or something is typed. */
  leave() {
    this.#isLeft = true;
  }

  #inputKey(event) {
    if (event.isComposing || event.keyCode === 229) return; // keys of an input method
    const keys = keysOf(event);
    const chosen = /^Alt\+([1-9])$/.exec(keys);
    if (chosen && this.#view.texts[chosen[1] - 1] !== undefined) {
      event.preventDefault();
      this.#choose(this.#view.texts[chosen[1] - 1]);
      return;
    }
    const name = actionOf(event);
    if (!name || keys === "?" || (event.key === "Tab" && this.#isLeft)) return;
    if ((name === "undo" || name === "redo") && this.#isTyped()) {
      event.stopPropagation(); // the browser undoes what was typed
      return;
    }
    event.preventDefault();
    this.#run(name);
  }

  /** Keys that work wherever the focus is. */
  #anyKey(event) {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    const isText = event.target.matches?.("input[type=text], input[type=search], textarea");
    const name = actionOf(event);
    const isGlobal = /^(Ctrl|Alt)\+|^F1$/.test(keysOf(event)) || (event.key === "?" && !isText);
    if (!name || !isGlobal || (isText && !this.#root.contains(event.target))) return;
    event.preventDefault();
    this.#run(name);
  }
}
