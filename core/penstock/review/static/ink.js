// The ink of a word, enlarged, with what stands beside it.

import { partAddress } from "./addresses.js";
import { bounds } from "./geometry.js";
import { pointsOf, svg } from "./svg.js";

/** Largest enlargement: pixels of the screen for one of the page. */
const MOST = 4;

/** Return the part of a page around a quad that fills `width` x `height` pixels of the screen, and its address. */
function partOf(store, quad, width, height) {
  const box = bounds([quad]);
  const size = [Math.max(box.right - box.left, 1), Math.max(box.bottom - box.top, 1)];
  const scale = Math.min(height / (1.7 * size[1]), width / (1.1 * size[0]), MOST);
  const part = { width: Math.ceil(width / scale), height: Math.ceil(height / scale) };
  part.x = Math.round((box.left + box.right - part.width) / 2);
  part.y = Math.round((box.top + box.bottom - part.height) / 2);
  return { ...part, address: partAddress(store.key, store.number, part, scale * devicePixelRatio) };
}

export class Ink {
  #store;
  #element;
  #image = svg("image", { preserveAspectRatio: "none" });
  #halo = svg("polygon", { class: "halo" });
  #edge = svg("polygon", { class: "edge" });
  #drawing;
  #quad = null;
  #width = 0;
  #height = 0;
  #ahead = new Image();

  /** Fill an element with the ink of words of the store's page. */
  constructor(element, store) {
    this.#store = store;
    this.#element = element;
    this.#drawing = svg("svg", { role: "img", "aria-label": "Ink of the word", preserveAspectRatio: "xMidYMid meet" });
    this.#drawing.append(this.#image, this.#halo, this.#edge);
    element.append(this.#drawing);
    new ResizeObserver(() => {
      this.#measure();
      if (this.#quad && this.#store.page) this.show(this.#quad);
    }).observe(element);
  }

  show(quad) {
    this.#quad = quad;
    if (!this.#width) this.#measure();
    const { x, y, width, height, address } = partOf(this.#store, quad, this.#width, this.#height);
    this.#drawing.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
    for (const [key, value] of Object.entries({ x, y, width, height })) this.#image.setAttribute(key, value);
    if (this.#image.getAttribute("href") !== address) this.#image.setAttribute("href", address);
    for (const each of [this.#halo, this.#edge]) each.setAttribute("points", pointsOf(quad));
  }

  /** Load the ink that is likely to be shown next. */
  loadAhead(quad) {
    if (this.#width) this.#ahead.src = partOf(this.#store, quad, this.#width, this.#height).address;
  }

  /** Measure only when the size changes: a measurement takes longer than everything else that shows a word. */
  #measure() {
    this.#width = this.#element.clientWidth || 320;
    this.#height = this.#element.clientHeight || 100;
  }
}
