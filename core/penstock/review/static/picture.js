// The picture of a page: zoom and pan with OpenSeadragon, the words outlined over it.

import { pictureAddress } from "./addresses.js";
import { ApiError, get } from "./api.js";
import { button, element } from "./elements.js";
import { bounds, quadOfBox } from "./geometry.js";
import { Outlines } from "./outlines.js";
import { wordAt } from "./quads.js";

const TILE = 512;
const REACH = 6; // pixels of the screen beside a word that still belong to it
const MARGIN = 24; // pixels of the screen that a selected word stays away from the edge
const BUTTONS = 68; // pixels of the screen at the lower edge that the buttons take
const KEYS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "+", "=", "-", "_", "0"];

const OPTIONS = {
  drawer: "canvas",
  showNavigationControl: false,
  maxImageCacheCount: 80, // tiles, of 1 MB each
  imageLoaderLimit: 4,
  maxZoomPixelRatio: 4,
  visibilityRatio: 0.5,
  gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
  gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: true },
  gestureSettingsPen: { clickToZoom: false, dblClickToZoom: true },
};

/** Return the tiles of a page for OpenSeadragon: the levels of a Deep Zoom image, down to a single tile. */
function tilesOf(key, { number, width, height }) {
  const longest = Math.max(width, height);
  const maxLevel = Math.ceil(Math.log2(longest));
  return {
    width,
    height,
    tileSize: TILE,
    tileOverlap: 0,
    maxLevel,
    minLevel: Math.max(0, maxLevel - Math.ceil(Math.log2(Math.max(longest / TILE, 1)))),
    getTileUrl: (level, x, y) => pictureAddress(key, number, `${level}/${x}_${y}.jpg`),
  };
}

export class PictureView {
  #store;
  #outlines;
  #problem = element("p", { className: "problem", role: "status", hidden: true });
  #shown = ""; // which page's picture is open

  /**
   * Shows the picture of a store's page in an element and selects the words that a person clicks there.
   *
   * `viewer` is the OpenSeadragon viewer, `layer` an SVG group whose coordinates are pixels of the page.
   */
  constructor(section, store) {
    this.#store = store;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const canvas = element("div", { className: "canvas" });
    section.append(canvas, this.#buttons(), this.#problem);
    claimStyle();
    this.viewer = OpenSeadragon({ ...OPTIONS, element: canvas, animationTime: still ? 0 : 0.5 });
    this.#outlines = new Outlines(store);
    this.layer = this.#outlines.layer;
    this.viewer.canvas.append(this.#outlines.svg);
    this.viewer.canvas.setAttribute("role", "application");
    this.viewer.canvas.setAttribute("aria-label", "Picture of the page");
    this.viewer.canvas.setAttribute("aria-description", "Arrow keys move it, plus and minus zoom, 0 shows all of it");
    this.viewer.addHandler("update-viewport", () => this.#outlines.follow(this.#view));
    this.viewer.addHandler("open", () => this.#opened());
    for (const name of ["open", "animation-finish", "after-resize"]) {
      this.viewer.addHandler(name, () => this.#outlines.settle(this.#view));
    }
    // After the event, OpenSeadragon brings the old center back to the middle.
    this.viewer.addHandler("after-resize", () => requestAnimationFrame(() => this.#reveal()));
    this.viewer.addHandler("canvas-click", (event) => this.#click(event));
    this.viewer.addHandler("canvas-key", (event) => {
      event.preventDefaultAction = !KEYS.includes(event.originalEvent.key);
    });
    this.viewer.addHandler("tile-load-failed", (event) => this.#explain(event));
    this.viewer.canvas.addEventListener("pointermove", (event) => this.#hover(event));
    store.addEventListener("page", () => this.#open());
    store.addEventListener("selection", () => this.#reveal());
  }

  #buttons() {
    const zoom = (factor) => () => this.viewer.viewport.zoomBy(factor).applyConstraints();
    const tool = (text, name, act) => button(text, act, { title: name, ariaLabel: name });
    const outlines = tool("▭", "Outlines of words", () => {
      const isShown = this.#outlines.svg.classList.toggle("off");
      outlines.ariaPressed = String(!isShown);
    });
    outlines.ariaPressed = "true";
    return element(
      "div",
      { className: "buttons", role: "toolbar", ariaLabel: "View of the picture" },
      tool("+", "Zoom in", zoom(1.5)),
      tool("−", "Zoom out", zoom(1 / 1.5)),
      tool("⤢", "Whole page", () => this.viewer.viewport.fitBounds(this.#pageBounds())),
      tool("↔", "Width of the page", () => this.#fitWidth(false)),
      tool("↻", "Turn the picture", () => this.viewer.viewport.rotateBy(90)),
      outlines,
    );
  }

  /** Return [x, y] in pixels of the page for a place in the window, in pixels of CSS. */
  toPage(clientX, clientY) {
    const { left, top } = this.viewer.canvas.getBoundingClientRect();
    const point = this.viewer.viewport.pointFromPixel(new OpenSeadragon.Point(clientX - left, clientY - top), true);
    return [point.x * this.#store.page.width, point.y * this.#store.page.width];
  }

  /** Return how many pixels of the screen a pixel of the page takes. */
  get scale() {
    const { viewport } = this.viewer;
    return (viewport.getContainerSize().x * viewport.getZoom(true)) / this.#store.page.width;
  }

  #open() {
    const { page } = this.#store;
    const { key } = page.document;
    const shown = `${key}/${page.number}`;
    if (shown === this.#shown) return; // the same page, loaded again
    this.#shown = shown;
    this.#say("");
    this.#outlines.hide();
    this.viewer.close();
    if (page.width && page.height) this.viewer.open(tilesOf(key, page));
  }

  #opened() {
    const size = this.viewer.viewport.getContainerSize();
    const { width, height } = this.#store.page;
    // A page that is much narrower than its place would be too small to read.
    if (size.x / size.y > (1.4 * width) / height) this.#fitWidth(true);
    this.#reveal(true);
  }

  #pageBounds() {
    const { width, height } = this.#store.page;
    return new OpenSeadragon.Rect(0, 0, 1, height / width);
  }

  #fitWidth(immediately) {
    const size = this.viewer.viewport.getContainerSize();
    this.viewer.viewport.fitBounds(new OpenSeadragon.Rect(0, 0, 1, size.y / size.x), immediately);
  }

  /** Where the page is on the screen: its origin [x, y] in pixels, its turn in degrees and its scale. */
  get #view() {
    const { viewport } = this.viewer;
    const { x, y } = viewport.pixelFromPoint(new OpenSeadragon.Point(0, 0), true);
    return { x, y, turn: viewport.getRotation(true), scale: this.#store.page ? this.scale : 1 };
  }

  #click(event) {
    if (!event.quick) return;
    const { clientX, clientY } = event.originalEvent;
    const found = this.#wordAt(clientX, clientY);
    if (found) this.#store.select(found.line, found.word);
  }

  #hover(event) {
    if (event.pointerType !== "mouse" || event.buttons) return;
    this.viewer.canvas.style.cursor = this.#wordAt(event.clientX, event.clientY) ? "pointer" : "grab";
  }

  #wordAt(clientX, clientY) {
    const { page } = this.#store;
    return page ? wordAt(page.lines, this.toPage(clientX, clientY), REACH / this.scale) : null;
  }

  /** Moves the picture to the selected word, across or down, if it is out of sight there. */
  #reveal(immediately = false) {
    const { selection, page } = this.#store;
    if (!selection || !this.viewer.isOpen()) return;
    const line = page.lines[selection.line];
    const word = this.#onScreen((line.words[selection.word] ?? line).quad);
    const whole = this.#onScreen(quadOfBox({ left: 0, top: 0, right: page.width, bottom: page.height }));
    const { viewport } = this.viewer;
    const size = viewport.getContainerSize();
    const across = shift([word.left, word.right], [whole.left, whole.right], size.x, MARGIN);
    const down = shift([word.top, word.bottom], [whole.top, whole.bottom], size.y, BUTTONS);
    if (!across && !down) return;
    viewport.panTo(viewport.pointFromPixel(size.divide(2).plus(new OpenSeadragon.Point(across, down))), immediately);
  }

  /** Return the box around a quad in pixels of the screen, as it is when the picture has stopped. */
  #onScreen(quad) {
    const { viewport } = this.viewer;
    const { width } = this.#store.page;
    const pixels = quad.map(([x, y]) => viewport.pixelFromPoint(new OpenSeadragon.Point(x / width, y / width)));
    return bounds([pixels.map(({ x, y }) => [x, y])]);
  }

  /** Says why the picture is not shown. The outlines stay. */
  async #explain({ tile, tiledImage }) {
    if (!this.#problem.hidden) return;
    this.#say("The picture cannot be shown.");
    try {
      await get(tile.getUrl());
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#say(`The picture cannot be shown: ${error.explanation}`);
      tiledImage.source.tileExists = () => false; // the other tiles have the same problem
    }
  }

  #say(text) {
    this.#problem.textContent = text;
    this.#problem.hidden = !text;
  }
}

/**
 * Return how far to move the picture along one side so that a word is in sight: [from, to] of the word and of the page,
 * the length of the side, and what to keep free at its end. The word comes to the middle, but no further than the page
 * reaches.
 */
function shift([from, to], [first, last], length, free) {
  if (from >= MARGIN && to <= length - free) return 0;
  const [least, most] = [first - MARGIN, last - length + free];
  return least <= most ? Math.min(Math.max((from + to - length) / 2, least), most) : (least + most) / 2;
}

/** Keep OpenSeadragon from adding a style of its own, which the page's policy refuses. */
function claimStyle() {
  const style = document.createElementNS(null, "style"); // no style of HTML, but OpenSeadragon's search finds it
  style.setAttribute("data-openseadragon-mobile-css", "");
  document.head.append(style);
}
