// The parts of the editor: the word's ink, the input in its line, other readings, and a button for each action.

import { ACTIONS, showKeys } from "./actions.js";
import { button, element } from "./elements.js";
import { isRightToLeft } from "./geometry.js";
import { Ink } from "./ink.js";

/** Words of the line that are shown on each side of the input. */
const NEIGHBOURS = 5;

const MOST_ALTERNATIVES = 9;

function actionButton(action, run) {
  const made = button(action.button, () => run(action.name), { title: action.help });
  made.dataset.action = action.name;
  showKeys(made, action.keys);
  return made;
}

export class EditorView {
  /** Fill an element. `run` is called with the name of an action, `choose` with the text of another reading. */
  constructor(root, store, { run, choose }) {
    this.input = element("input", {
      type: "text", autocomplete: "off", spellcheck: false, enterKeyHint: "next", ariaLabel: "Text of the word",
    });
    for (const name of ["autocapitalize", "autocorrect"]) this.input.setAttribute(name, "off");
    this.before = element("span", { className: "beside", ariaHidden: "true" });
    this.after = element("span", { className: "beside", ariaHidden: "true" });
    this.line = element("form", { className: "in-line" }, this.before, this.input, this.after);
    this.place = element("p", { className: "place" });
    this.alternatives = element("div", { className: "alternatives", role: "group", ariaLabel: "Other readings" });
    this.status = element("p", { className: "status", role: "status" });
    this.panels = element("div", { className: "panels" });
    const ink = element("div", { className: "ink" });
    this.buttons = Object.fromEntries(
      ACTIONS.filter((action) => action.button).map((action) => [action.name, actionButton(action, run)]));
    const tools = element("div", { className: "actions", role: "group", ariaLabel: "Actions" },
      ...Object.values(this.buttons));
    this.word = element("div", { className: "word-editor" }, ink, this.line, this.alternatives);
    root.append(this.panels,
      element("div", { className: "editor-body" },
        element("div", { className: "about-word" }, this.place, this.status), this.word, tools));
    this.ink = new Ink(ink, store);
    this.input.addEventListener("input", () => this.fit());
    this.#selectAtFirstTouch();
    // A button that is pressed leaves the focus, and the keyboard on the screen, where they are.
    for (const each of [tools, this.alternatives]) {
      each.addEventListener("mousedown", (event) => event.preventDefault());
    }
    this.choose = choose;
  }

  /** Select the text when a click brings the focus, so that typing replaces it. Another click sets the cursor. */
  #selectAtFirstTouch() {
    let wasFocused = false;
    this.input.addEventListener("pointerdown", () => { wasFocused = document.activeElement === this.input; });
    this.input.addEventListener("click", () => {
      if (!wasFocused) this.input.select();
    });
  }

  /** Show a text in the input, selected so that typing replaces it, with the words beside it. */
  show({ text, before, after, direction, language, alternatives = [] }) {
    this.word.hidden = false;
    this.input.value = text;
    const isRtl = direction === "rtl" || (!direction && isRightToLeft([...before, text, ...after].join(" ")));
    this.line.dir = isRtl ? "rtl" : "ltr";
    this.line.lang = language ?? "";
    this.before.textContent = (before.length > NEIGHBOURS ? "… " : "") + before.slice(-NEIGHBOURS).join(" ");
    this.after.textContent = after.slice(0, NEIGHBOURS).join(" ") + (after.length > NEIGHBOURS ? " …" : "");
    this.#showAlternatives(alternatives.filter((each) => each !== text).slice(0, MOST_ALTERNATIVES));
    this.fit();
  }

  showNothing(text) {
    this.word.hidden = true;
    this.place.textContent = text;
  }

  showPlace(text) {
    this.place.textContent = text;
    this.input.ariaLabel = `Text of the word. ${text}`;
  }

  /** Give the input the width of its text. */
  fit() {
    this.input.size = Math.min(Math.max([...this.input.value].length + 1, 4), 40);
  }

  select() {
    this.input.focus({ preventScroll: true });
    this.input.select();
  }

  say(text) {
    this.status.textContent = text;
  }

  #showAlternatives(texts) {
    this.texts = texts;
    this.alternatives.replaceChildren(...texts.map((text, index) => {
      const made = button(element("bdi", {}, text), () => this.choose(text));
      showKeys(made, [`Alt+${index + 1}`]);
      return made;
    }));
  }
}
