// The input of one word: shows the selected word, and makes an edit of what is typed.

import { addedWords, addWord, replaceWord } from "./edits.js";
import { quadOfBox } from "./geometry.js";
import { written } from "./line_text.js";

/** Without a mouse, the keyboard on the screen covers half of it: it appears when a person touches the input. */
const hasKeyboard = () => !matchMedia("(pointer: coarse)").matches;

const samePlace = (first, second) => first?.line === second?.line && first?.word === second?.word;

export class WordInput {
  #store;
  #view;
  #replaced;
  #at = null; // the word whose text is in the input
  #original = ""; // its text
  #box = null; // the box of a word that is added
  #isApplying = false;

  /** `replaced` is called with the old and the new text of a word. */
  constructor(store, view, { replaced }) {
    this.#store = store;
    this.#view = view;
    this.#replaced = replaced;
    store.addEventListener("selection", () => this.#selected());
    store.addEventListener("lines", ({ detail }) => this.#linesChanged(detail));
    store.addEventListener("leave", () => this.commit());
    addEventListener("pagehide", () => this.commit());
  }

  /** Whether the input says something else than the word. */
  get isTyped() {
    return this.#view.input.value !== this.#original;
  }

  /** Whether the input is for a word that is added. */
  get isNew() {
    return this.#box !== null;
  }

  #selected() {
    if (this.isTyped && samePlace(this.#at, this.#store.selection)) return;
    if (this.isTyped && this.#at) this.commit();
    this.#box = null;
    this.show();
  }

  #linesChanged({ start, removed, inserted }) {
    if (!this.#at || this.#isApplying) return;
    if (this.#at.line >= start + removed) this.#at = { ...this.#at, line: this.#at.line + inserted - removed };
    else if (this.#at.line >= start && !this.isTyped) this.show();
  }

  /** Show the selected word. */
  show() {
    const { selection, lines, page } = this.#store;
    this.#at = selection;
    const line = lines[selection?.line];
    if (!line) {
      this.#original = this.#view.input.value = "";
      this.#view.showNothing(hint(page));
      return;
    }
    const index = selection.word;
    const word = line.words[index] ?? line;
    this.#original = word.text;
    this.#view.show({
      text: word.text,
      before: line.words.slice(0, index ?? 0).map((each) => each.text),
      after: index === null ? [] : line.words.slice(index + 1).map((each) => each.text),
      direction: word.direction ?? line.direction ?? page.direction,
      language: word.language ?? line.language ?? page.language,
      alternatives: word.alternatives?.map((each) => each.text),
    });
    this.#view.ink.show(word.quad);
    this.#view.showPlace(placeText(selection, word, line));
    if (hasKeyboard() || document.activeElement === this.#view.input) this.#view.select();
    const next = this.#store.nextDoubtful();
    if (next) this.#view.ink.loadAhead(lines[next.line].words[next.word].quad);
  }

  /** Ask for the text of a word in a drawn box {left, top, right, bottom}. */
  showBox(box) {
    this.#box = box;
    this.#at = null;
    this.#original = "";
    this.#view.show({ text: "", before: [], after: [] });
    this.#view.ink.show(quadOfBox(box));
    this.#view.showPlace("A new word: type its text. Enter saves it, Escape cancels.");
    this.#view.select();
  }

  /** Apply a splice; null changes nothing. What was typed no longer waits. */
  apply(splice) {
    if (!splice) return;
    this.#original = this.#view.input.value;
    this.#isApplying = true;
    this.#store.apply(splice.kind, splice.start, splice.before, splice.after);
    this.#isApplying = false;
  }

  /** Store what was typed. Return the place of the last word that it made; null if nothing was typed. */
  commit() {
    if (this.#box) return this.#commitBox();
    if (!this.#at || !this.isTyped) return null;
    const { line, word } = this.#at;
    const shown = this.#store.lines[line];
    if ((shown?.words[word] ?? shown)?.text !== this.#original) {
      this.#view.say(`“${this.#view.input.value}” was not saved: the word was changed elsewhere.`);
      return null;
    }
    const [before, typed] = [this.#original, written(this.#view.input.value)];
    const splice = replaceWord(this.#store.lines, line, word, typed);
    this.apply(splice);
    if (splice?.kind === "replace" && word !== null) this.#replaced(before, typed);
    if (splice && !splice.after.length) return { line, word: -1 };
    return { line, word: (word ?? -1) + (splice ? addedWords(splice) : 0) };
  }

  #commitBox() {
    const splice = addWord(this.#store.lines, this.#box, this.#view.input.value);
    this.#box = null;
    if (!splice) return null;
    this.apply(splice);
    return { line: splice.line, word: splice.word };
  }

  /** Forget what was typed. */
  reset() {
    this.#view.input.value = this.#original;
    this.#box = null;
  }
}

function hint(page) {
  if (!page?.can_edit) return "";
  const hasWords = page.lines.length > 0;
  return hasWords ? "Choose a word in the picture or in the text." : "This page has no words. Add the first one.";
}

function placeText({ line, word }, { doubtful, corrected }, { words }) {
  const kind = doubtful ? ", doubtful" : corrected ? ", corrected" : "";
  return `Line ${line + 1}, word ${(word ?? 0) + 1} of ${Math.max(words.length, 1)}${kind}`;
}
