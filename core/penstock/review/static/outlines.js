// The outlines of words, drawn over the picture as SVG in pixels of the page.

import { spliceChildren } from "./elements.js";
import { pointsOf, svg } from "./svg.js";

export class Outlines {
  #store;
  #lines = svg("g");
  #selection = svg("g", { class: "selection" });
  #drawn = null; // the view in which the outlines were drawn

  /** Draw the words of the store's page. `svg` is the drawing, `layer` its group with pixels of the page as coordinates. */
  constructor(store) {
    this.#store = store;
    this.layer = svg("g");
    this.layer.append(this.#lines, this.#selection);
    this.svg = svg("svg", { class: "outlines", "aria-hidden": "true" }); // the text beside it says the same
    this.svg.append(this.layer);
    store.addEventListener("page", () => this.#show());
    store.addEventListener("lines", (event) => this.#change(event.detail));
    store.addEventListener("selection", () => this.#mark());
  }

  /** Move what is drawn. The browser moves a picture of the outlines, and does not draw thousands of them again. */
  follow({ x, y, turn, scale }) {
    const drawn = this.#drawn;
    if (!drawn) return;
    this.svg.style.transform =
      `translate(${x}px, ${y}px) rotate(${turn - drawn.turn}deg) scale(${scale / drawn.scale})` +
      ` translate(${-drawn.x}px, ${-drawn.y}px)`;
  }

  /** Hide the outlines until it is known where the picture is. */
  hide() {
    this.#drawn = null;
    this.svg.style.visibility = "hidden";
  }

  /** Draw the outlines sharply, after the picture has stopped. */
  settle(view) {
    this.#drawn = view;
    this.svg.style.visibility = "";
    this.svg.style.transform = "";
    this.layer.setAttribute("transform", `translate(${view.x} ${view.y}) rotate(${view.turn}) scale(${view.scale})`);
  }

  #show() {
    this.#lines.replaceChildren(...this.#store.page.lines.map(lineOf));
    this.#mark();
  }

  #change({ start, removed, inserted }) {
    spliceChildren(this.#lines, start, removed, ...this.#store.page.lines.slice(start, start + inserted).map(lineOf));
    this.#mark();
  }

  #mark() {
    const { selection, page } = this.#store;
    const line = selection && page?.lines[selection.line];
    const word = line?.words[selection.word] ?? line;
    this.#selection.replaceChildren(
      ...(line ? [polygon(line.polygon ?? line.quad, "line"), polygon(word.quad, "word"), polygon(word.quad, "edge")] : []),
    );
  }
}

function lineOf(line) {
  const group = svg("g");
  for (const word of line.words.length ? line.words : [line]) {
    const kind = word.doubtful ? "word doubtful" : word.corrected ? "word corrected" : "word";
    group.append(polygon(word.quad, kind));
  }
  return group;
}

function polygon(outline, kind) {
  return svg("polygon", { class: kind, points: pointsOf(outline) });
}
