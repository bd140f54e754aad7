// The same change for all identical words of a document, after a look at them.

import { showKeys } from "./actions.js";
import { documentPath, partAddress } from "./addresses.js";
import { get, post } from "./api.js";
import { counted } from "./counts.js";
import { button, element } from "./elements.js";
import { bounds } from "./geometry.js";

/** Height of a word's ink in pixels of the screen. */
const INK = 48;

/** The most words that are shown and changed at once. */
const MOST = 200;

const quoted = (text) => `“${text}”`;

export class Everywhere {
  #store;
  #done;
  #panel = element("section", { className: "panel everywhere", ariaLabel: "The same words", hidden: true });
  #offer = null; // {key, text, replacement, words}

  /** `done` is called when the panel closes. */
  constructor(root, store, { done }) {
    this.#store = store;
    this.#done = done;
    root.append(this.#panel);
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.#close();
    });
  }

  /** Ask whether other words that say `text` become `replacement`, too. */
  async offer(text, replacement) {
    const { key } = this.#store;
    this.#offer = null;
    this.#panel.hidden = true;
    if (!/\p{L}/u.test(text)) return;
    try {
      await this.#store.settled(); // until then the server counts the word that was changed
      const { words } = await get(`${documentPath(key)}/words?text=${encodeURIComponent(text)}`);
      if (!words.length || key !== this.#store.key) return;
      this.#offer = { key, text, replacement, words };
      this.#showOffer();
    } catch {
      // Without an answer there is no offer. The change itself was made.
    }
  }

  #showOffer() {
    const { text, replacement, words } = this.#offer;
    const look = button(`Look at ${words.length === 1 ? "it" : "them"}`, () => this.open());
    showKeys(look, ["Alt+E"]);
    this.#show(
      element("p", { role: "status" }, `${counted(words.length, "more word")} ${words.length === 1 ? "says" : "say"} `,
        element("bdi", {}, quoted(text)), ": change to ", element("bdi", {}, quoted(replacement)), "?"),
      look, button("No", () => this.#close()));
  }

  /** Show each of the words in its line, with a box to tick. */
  open() {
    if (!this.#offer) return;
    const { text, replacement, words } = this.#offer;
    const rows = words.slice(0, MOST).map((word) => this.#row(word));
    const change = button("", () => this.#change(rows.filter(({ box }) => box.checked).map(({ word }) => word)));
    const count = () => {
      const ticked = rows.filter(({ box }) => box.checked).length;
      change.textContent = `Change ${counted(ticked, "word")}`;
      change.disabled = !ticked;
    };
    const list = element("ul", {}, ...rows.map(({ item }) => item));
    list.addEventListener("change", count);
    count();
    const heading = element("h2", { tabIndex: -1 }, element("bdi", {}, quoted(text)), " becomes ",
      element("bdi", {}, quoted(replacement)));
    const all = button("All or none", () => {
      const isTicked = rows.every(({ box }) => box.checked);
      for (const { box } of rows) box.checked = !isTicked;
      count();
    });
    this.#show(heading, list, element("div", { className: "choices" }, change, all,
      button("Cancel", () => this.#close())));
    change.focus();
  }

  #row(word) {
    const box = element("input", { type: "checkbox", checked: true });
    const context = element("span", { className: "context", dir: "auto" }, word.context);
    const label = element("label", {}, box, this.#ink(word), context,
      element("span", { className: "quiet" }, `Page ${word.page}, line ${word.line + 1}`));
    return { box, word, item: element("li", {}, label) };
  }

  #ink({ page, quad }) {
    const { left, top, right, bottom } = bounds([quad]);
    const margin = (bottom - top) * 0.4;
    const part = {
      x: Math.round(left - margin), y: Math.round(top - margin / 2),
      width: Math.ceil(right - left + 2 * margin), height: Math.ceil(bottom - top + margin),
    };
    const src = partAddress(this.#offer.key, page, part, (INK * devicePixelRatio) / part.height);
    return element("img", { loading: "lazy", alt: "", height: INK, src });
  }

  #change(words) {
    const { key, text, replacement } = this.#offer;
    const places = words.map(({ page, line, word }) => ({ page, line, word }));
    this.#send({ key, text, replacement, places }, true);
  }

  /** Change words, and offer to change them back if `isFirst`. */
  async #send({ key, text, replacement, places }, isFirst) {
    this.#offer = null;
    try {
      await this.#store.settled();
      const { changed, left } = await post(`${documentPath(key)}/words`, { text, replacement, words: places });
      await this.#store.reload();
      const back = { key, text: replacement, replacement: text, places };
      const undo = isFirst ? () => this.#send(back, false) : null;
      this.#tell(`${counted(changed, "word")} changed.${leftText(left.length)}`, undo);
    } catch (error) {
      this.#tell(error.explanation ?? error.message);
    }
  }

  #tell(text, undo = null) {
    this.#show(element("p", { role: "status" }, text), ...(undo ? [button("Change them back", undo)] : []),
      button("Close", () => this.#close()));
    this.#done();
  }

  /** Take the offer away, if there is one. */
  close() {
    if (!this.#panel.hidden) this.#close();
  }

  #close() {
    this.#offer = null;
    this.#panel.hidden = true;
    this.#done();
  }

  #show(...children) {
    this.#panel.hidden = false;
    this.#panel.replaceChildren(...children);
  }
}

function leftText(count) {
  if (!count) return "";
  return count === 1 ? " 1 word was changed elsewhere and stays as it is."
    : ` ${counted(count, "word")} were changed elsewhere and stay as they are.`;
}
