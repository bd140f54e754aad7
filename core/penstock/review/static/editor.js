// The editor below the text: the actions of actions.js on the selected word.

import { ConflictPanel } from "./conflict.js";
import { BoxDrawing } from "./drawing.js";
import {
  acceptWord, addedWords, deleteWord, joinWithNext, markIllegible, moveLine, replaceWord, setQuad,
} from "./edits.js";
import { EditorKeys } from "./editor_keys.js";
import { EditorView } from "./editor_view.js";
import { Everywhere } from "./everywhere.js";
import { bounds } from "./geometry.js";
import { openHelp } from "./help.js";
import { written } from "./line_text.js";
import { WordInput } from "./word_input.js";

export class Editor {
  #root;
  #store;
  #view;
  #word;
  #drawing;
  #everywhere;
  #keys;

  /** Fill an element with the editor for the words of a store. `picture` is the PictureView for drawing boxes. */
  constructor(root, store, picture) {
    this.#root = root;
    this.#store = store;
    root.classList.add("editor");
    const [run, choose] = [(name) => this.run(name), (text) => this.#choose(text)];
    this.#view = new EditorView(root, store, { run, choose });
    this.#drawing = new BoxDrawing(picture);
    this.#everywhere = new Everywhere(this.#view.panels, store, { done: () => this.#view.select() });
    new ConflictPanel(this.#view.panels, store, { done: () => this.#view.select() });
    this.#word = new WordInput(store, this.#view, {
      replaced: (text, replacement) => this.#everywhere.offer(text, replacement),
    });
    this.#keys = new EditorKeys(root, store, this.#view, { run, choose, isTyped: () => this.#word.isTyped });
    this.#listen();
    this.#word.show();
    this.#enable();
  }

  #listen() {
    this.#view.line.addEventListener("submit", (event) => {
      event.preventDefault(); // the key "Next" of a keyboard on the screen
      this.run("accept");
    });
    // The caller of `load` may select a word of the page first.
    this.#store.addEventListener("page", () => setTimeout(() => this.#begin()));
    this.#store.addEventListener("message", ({ detail }) => this.#view.say(detail.text));
    for (const name of ["selection", "lines"]) this.#store.addEventListener(name, () => this.#enable());
  }

  /** Select the first doubtful word if no other one was selected. */
  #begin() {
    const first = this.#store.selection ? null : this.#store.nextDoubtful(null);
    if (first) this.#store.select(first.line, first.word);
  }

  /** Do an action of `ACTIONS`. While another page is loaded, nothing is done: its word was not seen yet. */
  run(name) {
    // The editor is hidden while no page is shown, or one that cannot be edited.
    const isOff = this.#drawing.isOpen || this.#root.hidden || this.#view.input.readOnly;
    if (isOff && name !== "help") return;
    this.#view.say("");
    this[name]();
  }

  #enable() {
    const { selection, lines } = this.#store;
    const { buttons } = this.#view;
    const line = lines[selection?.line];
    const enable = (names, isEnabled) => names.forEach((name) => { buttons[name].disabled = !isEnabled; });
    enable(["accept", "illegible", "remove"], line);
    enable(["split", "box"], line?.words.length);
    enable(["join"], line && selection.word !== null && selection.word + 1 < line.words.length);
    enable(["lineUp"], line && selection.line > 0);
    enable(["lineDown"], line && selection.line + 1 < lines.length);
    enable(["undo"], this.#store.canUndo);
    enable(["redo"], this.#store.canRedo);
  }

  // Actions

  accept() {
    const wasDoubtful = this.#selectedWord?.doubtful;
    const place = this.#commit();
    const word = this.#store.lines[place?.line]?.words[place.word];
    if (word?.doubtful) this.#word.apply(acceptWord(this.#store.lines, place.line, place.word));
    // Only a person who goes through the doubtful words wants to leave a page without doubtful words.
    if (!place || wasDoubtful || this.#store.nextDoubtful(place)) this.#go(1, place);
    else this.#step(1, place);
  }

  get #selectedWord() {
    const { selection, lines } = this.#store;
    return lines[selection?.line]?.words[selection.word];
  }

  #choose(text) {
    this.#view.input.value = text;
    this.run("accept");
  }

  /** Store what was typed. Return the place of the word that it made, else of the selected word. */
  #commit() {
    return this.#word.commit() ?? this.#store.selection;
  }

  next() {
    this.#go(1, this.#commit());
  }

  previous() {
    const { selection } = this.#store;
    this.#word.commit();
    this.#go(-1, selection);
  }

  /** Go to a doubtful word; stay where it is if there is none. */
  async #go(step, from) {
    const { input } = this.#view;
    input.readOnly = true; // what is typed now would belong to a word that is not shown yet
    try {
      if (await this.#store.selectDoubtful(step, from)) return;
      if (from && this.#store.lines[from.line]) this.#store.select(from.line, from.word);
      this.#view.say(`No doubtful words are left ${step > 0 ? "after" : "before"} this one.`);
    } catch (error) {
      this.#view.say(error.explanation ?? error.message);
    } finally {
      input.readOnly = false;
    }
  }

  undo() {
    this.#word.reset();
    this.#report(this.#store.undo());
  }

  redo() {
    this.#word.reset();
    this.#report(this.#store.redo());
  }

  async #report(done) {
    try {
      await done;
    } catch (error) {
      this.#view.say(error.explanation ?? error.message);
    }
  }

  illegible() {
    this.#edit(markIllegible, true);
  }

  remove() {
    if (this.#word.isNew) this.cancel();
    else this.#edit(deleteWord, true);
  }

  split() {
    const { input } = this.#view;
    const parts = [input.value.slice(0, input.selectionEnd), input.value.slice(input.selectionEnd)];
    if (parts.every(written)) {
      this.#edit((lines, line, word) => replaceWord(lines, line, word, parts.join(" ")), false);
      return;
    }
    this.#view.say("Put the cursor between the two parts of the word.");
    input.focus();
    input.setSelectionRange(0, 0);
  }

  join() {
    const typed = this.#view.input.value;
    this.#edit((lines, line, word) => joinWithNext(lines, line, word, typed), false);
  }

  /** Apply an edit of the selected word. Then go to the next doubtful word, or show the word that is there now. */
  #edit(make, goesOn) {
    const { selection, lines } = this.#store;
    if (!selection) return;
    const { line, word } = selection;
    const splice = make(lines, line, word);
    this.#word.apply(splice);
    this.#word.reset();
    const lost = splice ? Math.min(addedWords(splice), 0) : 0;
    if (goesOn) this.#go(1, { line, word: splice?.after.length === 0 ? -1 : (word ?? 0) + lost });
    else this.#store.select(line, word);
  }

  lineUp() {
    this.#moveLine(-1);
  }

  lineDown() {
    this.#moveLine(1);
  }

  #moveLine(step) {
    this.#word.commit();
    const { selection, lines } = this.#store;
    const splice = selection && moveLine(lines, selection.line, step);
    if (!splice) return;
    this.#word.apply(splice);
    this.#store.select(selection.line + step, selection.word);
    this.#view.say(`This is line ${selection.line + step + 1} now.`);
  }

  async add() {
    const place = this.#commit();
    const near = this.#store.lines[place?.line];
    this.#view.say("Draw the box of the word in the picture.");
    const quad = await this.#drawing.draw((near?.words[place.word] ?? near)?.quad ?? null);
    this.#view.say("");
    if (quad) this.#word.showBox(bounds([quad]));
    else this.#view.select();
  }

  async box() {
    const place = this.#commit();
    const word = this.#store.lines[place?.line]?.words[place.word];
    if (!word) return;
    this.#view.say("Move the corners of the box in the picture.");
    const quad = await this.#drawing.adjust(word.quad);
    this.#view.say("");
    const { line, word: index } = this.#store.selection ?? place;
    if (quad && this.#store.lines[line]?.words[index]) {
      this.#word.apply(setQuad(this.#store.lines, line, index, quad));
    }
    this.#store.select(line, index);
  }

  everywhere() {
    this.#everywhere.open();
  }

  help() {
    openHelp();
  }

  cancel() {
    if (this.#word.isTyped || this.#word.isNew) {
      this.#word.reset();
      this.#word.show();
      return;
    }
    this.#everywhere.close();
    this.#view.buttons.accept.focus();
    this.#keys.leave();
    this.#view.say("Tab moves the focus now, until you choose a word or type.");
  }

  wordBefore() {
    this.#step(-1, this.#commit());
  }

  wordAfter() {
    this.#step(1, this.#commit());
  }

  /** Select the word before or after a place. Stay at the last word of the page. */
  #step(step, place) {
    if (!place) return;
    const places = this.#store.lines.flatMap(({ words }, line) =>
      (words.length ? [...words.keys()] : [null]).map((word) => ({ line, word })));
    const isAt = (each) => each.line === place.line && (each.word ?? 0) === Math.max(place.word ?? 0, 0);
    const index = places.findIndex(isAt);
    const next = places[index + step] ?? places[index];
    if (next) this.#store.select(next.line, next.word);
  }
}
