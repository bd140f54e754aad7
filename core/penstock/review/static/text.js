// The text of a page beside its picture: a numbered line for each line, a button for each word.

import { element, spliceChildren } from "./elements.js";

/** Returns [text, index of the word or null] for each part of a line: words and what stands between them. */
function partsOf(line) {
  const parts = [];
  let end = 0;
  line.words.forEach((word, index) => {
    const start = line.text.indexOf(word.text, end);
    if (start >= 0) {
      parts.push([line.text.slice(end, start), null]);
      end = start + word.text.length;
    } else if (index > 0) {
      parts.push([" ", null]);
    }
    parts.push([word.text, index]);
  });
  if (line.words.length) parts.push([line.text.slice(end), null]);
  return parts.filter(([text]) => text !== "");
}

export class TextView {
  #store;
  #list;
  #selected = null; // the element of the selected word

  /** Shows the page of a store in a list, and selects the words that a person clicks there. */
  constructor(list, store) {
    this.#list = list;
    this.#store = store;
    list.addEventListener("click", (event) => this.#choose(event.target));
    list.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#reveal()).observe(list.parentElement);
    store.addEventListener("page", () => this.#show());
    store.addEventListener("lines", (event) => this.#change(event.detail));
    store.addEventListener("selection", () => this.#mark());
  }

  #show() {
    const { lines, language, direction } = this.#store.page;
    this.#list.lang = language ?? "";
    this.#list.dir = direction === "rtl" ? "rtl" : "ltr";
    this.#list.replaceChildren(...lines.map((line) => this.#line(line)));
    this.#selected = null;
    this.#mark();
  }

  /** Draws the lines of a splice again. */
  #change({ start, removed, inserted }) {
    const lines = this.#store.page.lines.slice(start, start + inserted);
    spliceChildren(this.#list, start, removed, ...lines.map((line) => this.#line(line)));
    this.#mark();
  }

  #line(line) {
    const text = element("span", { className: "line-text" });
    if (line.words.length) {
      for (const [part, word] of partsOf(line)) {
        text.append(word === null ? part : this.#word(line.words[word], word));
      }
    } else {
      text.append(this.#word({ ...line, doubtful: false }, null));
    }
    const item = element("li", {}, text);
    // The direction of a line that says none follows from its first letter with a direction.
    item.dir = line.direction === "rtl" || line.direction === "ltr" ? line.direction : "auto";
    if (line.language) item.lang = line.language;
    return item;
  }

  #word(word, index) {
    const shown = element("span", { className: "word", role: "button", tabIndex: -1 }, word.text || "\u00a0");
    shown.dataset.word = index ?? "";
    if (word.language) shown.lang = word.language;
    if (word.doubtful) mark(shown, "doubtful");
    else if (word.corrected) mark(shown, "corrected");
    return shown;
  }

  #mark() {
    const { selection } = this.#store;
    this.#selected?.classList.remove("selected");
    this.#selected?.removeAttribute("aria-current");
    this.#selected = selection ? this.#find(selection) : null;
    this.#reachable(this.#selected ?? this.#list.querySelector(".word"));
    if (!this.#selected) return;
    this.#selected.classList.add("selected");
    this.#selected.setAttribute("aria-current", "true");
    this.#reveal();
  }

  #reveal() {
    this.#selected?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #find({ line, word }) {
    return this.#list.children[line]?.querySelector(`[data-word="${word ?? ""}"]`) ?? null;
  }

  #choose(target) {
    const place = this.#placeOf(target);
    if (place) this.#store.select(place.line, place.word);
  }

  #placeOf(target) {
    const shown = target.closest(".word");
    if (!shown) return null;
    const line = [...this.#list.children].indexOf(shown.closest("li"));
    return { line, word: shown.dataset.word === "" ? null : Number(shown.dataset.word) };
  }

  /** Moves the focus with the arrow keys, from word to word and from line to line; Enter and Space select. */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const shown = event.target.closest(".word");
    if (!shown) return;
    const isChosen = event.key === "Enter" || event.key === " ";
    const next = isChosen ? null : this.#neighbour(shown, event.key);
    if (!isChosen && !next) return;
    event.preventDefault();
    if (isChosen) this.#choose(shown);
    else this.#focus(next);
  }

  #focus(shown) {
    this.#reachable(shown);
    shown.focus();
  }

  /** Makes one word the list's only stop of the Tab key. */
  #reachable(shown) {
    for (const each of this.#list.querySelectorAll('.word[tabindex="0"]')) each.tabIndex = -1;
    if (shown) shown.tabIndex = 0;
  }

  #neighbour(shown, key) {
    if (key === "ArrowUp") return shown.closest("li").previousElementSibling?.querySelector(".word");
    if (key === "ArrowDown") return shown.closest("li").nextElementSibling?.querySelector(".word");
    if (key !== "ArrowLeft" && key !== "ArrowRight") return null;
    const words = [...this.#list.querySelectorAll(".word")];
    const isRtl = getComputedStyle(shown.closest(".line-text")).direction === "rtl";
    const step = (key === "ArrowRight") === isRtl ? -1 : 1;
    return words[words.indexOf(shown) + step];
  }
}

function mark(shown, kind) {
  shown.classList.add(kind);
  // Says the mark to a screen reader, in the language of the page of this program.
  shown.setAttribute("aria-description", kind);
}
