// Draw the box of a word on the picture, or move its corners: by mouse, touch or keyboard.

import { button, element } from "./elements.js";
import { bounds, center, quadOfBox } from "./geometry.js";
import { pointsOf, svg } from "./svg.js";

const CORNERS = ["Top left corner", "Top right corner", "Bottom right corner", "Bottom left corner"];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Pixels of the screen: a step of an arrow key with Shift, and the least size of a box. */
const FAST = 10;
const LEAST = 4;

const difference = (first, second) => [first[0] - second[0], first[1] - second[1]];

const rectangle = (...corners) => quadOfBox(bounds([corners]));

/** Return twice the area of a quad in the picture; negative if its corners run counterclockwise. */
function area(quad) {
  return quad.reduce((sum, [x, y], index) => {
    const [nextX, nextY] = quad[(index + 1) % 4];
    return sum + x * nextY - nextX * y;
  }, 0);
}

export class BoxDrawing {
  #picture;
  #layer;
  #handles = [];
  #shape = svg("polygon");
  #quad = null; // in pixels of the page
  #isFree = false; // whether each corner moves alone
  #done = null;

  /** `picture` has the OpenSeadragon `viewer`, and `layer`: an SVG group with pixels of the page as coordinates. */
  constructor(picture) {
    this.#picture = picture;
    const drawing = svg("svg", { "aria-hidden": "true" });
    drawing.append(this.#shape);
    this.#handles = [...CORNERS, "Box"].map((name, index) => this.#handle(name, index));
    this.hint = element("p");
    const bar = element("div", { className: "drawing-bar" }, this.hint,
      button("Use this box", () => this.#end(this.#quad)), button("Cancel", () => this.#end(null)));
    this.#layer = element("div", { className: "drawing", role: "group", ariaLabel: "Box of the word" },
      drawing, ...this.#handles, bar);
    this.#layer.addEventListener("pointerdown", (event) => this.#drawFrom(event));
    this.#layer.addEventListener("keydown", (event) => this.#key(event));
    this.#layer.addEventListener("wheel", (event) => this.#zoom(event), { passive: false });
    for (const name of ["update-viewport", "resize"]) picture.viewer.addHandler(name, () => this.#follow());
  }

  get isOpen() {
    return this.#done !== null;
  }

  /** Let a person draw a box. Return its quad, or null. The keyboard begins after the word at `near`. */
  draw(near) {
    this.hint.textContent = "Draw a box around the word. Arrow keys move it, Enter uses it.";
    return this.#open(this.#firstBox(near), false);
  }

  /** Let a person move the corners of a quad. Return the quad, or null. */
  adjust(quad) {
    this.#enlarge(quad);
    this.hint.textContent = "Move the corners. Arrow keys move one, with Shift faster. Enter uses the box.";
    return this.#open(quad, true);
  }

  #open(quad, isFree) {
    this.#end(null);
    this.#quad = quad;
    this.#isFree = isFree;
    this.#layer.classList.toggle("draws", !isFree);
    this.#picture.viewer.container.parentElement.append(this.#layer);
    this.#follow();
    this.#handles[isFree ? 0 : 4].focus();
    return new Promise((resolve) => { this.#done = resolve; });
  }

  /** Zoom in to a quad that is so small that the handles would hide it. */
  #enlarge(quad) {
    const { left, top, right, bottom } = bounds([quad]);
    const { viewport } = this.#picture.viewer;
    const place = this.#picture.viewer.container.getBoundingClientRect();
    const isSmall = Math.hypot(...difference(this.#toScreen(quad[0]), this.#toScreen(quad[2]))) < place.width / 4;
    const margin = Math.max(right - left, bottom - top) / 2;
    if (isSmall) {
      viewport.fitBounds(viewport.imageToViewportRectangle(
        left - margin, top - margin, right - left + 2 * margin, bottom - top + 2 * margin));
    }
  }

  #end(quad) {
    const done = this.#done;
    if (!done) return;
    if (quad && area(quad) <= 0) {
      this.hint.textContent = "The corners must stay in their order: top left, top right, bottom right, bottom left.";
      return;
    }
    this.#done = null;
    this.#layer.remove();
    done(quad?.map((point) => this.#onPage(point)) ?? null);
  }

  /** Return a point within the page, with tenths of pixels. */
  #onPage(point) {
    const { x, y } = this.#picture.viewer.world.getItemAt(0).getContentSize();
    return point.map((each, axis) => Math.round(Math.min(Math.max(each, 0), axis ? y : x) * 10) / 10);
  }

  #firstBox(near) {
    if (near) {
      const [width, height] = [Math.abs(near[1][0] - near[0][0]), Math.abs(near[3][1] - near[0][1])];
      const size = Math.max(Math.min(width, height * 3), 4);
      const left = near[1][0] + height / 4;
      return rectangle([left, near[1][1]], [left + size, near[1][1] + Math.max(height, 4)]);
    }
    const { left, top, width, height } = this.#picture.viewer.container.getBoundingClientRect();
    return rectangle(this.#toPage(left + width * 0.4, top + height * 0.45),
      this.#toPage(left + width * 0.6, top + height * 0.55));
  }

  // Places: in the window, in pixels of CSS, and on the page

  #matrix() {
    return this.#picture.layer.getScreenCTM();
  }

  #toPage(x, y) {
    const point = new DOMPoint(x, y).matrixTransform(this.#matrix().inverse());
    return [point.x, point.y];
  }

  #toScreen([x, y]) {
    const point = new DOMPoint(x, y).matrixTransform(this.#matrix());
    return [point.x, point.y];
  }

  #follow() {
    if (!this.#layer.isConnected || !this.#quad) return;
    const { left, top } = this.#layer.getBoundingClientRect();
    const corners = this.#quad.map((corner) => this.#toScreen(corner)).map(([x, y]) => [x - left, y - top]);
    this.#shape.setAttribute("points", pointsOf(corners));
    [...corners, center(corners)].forEach(([x, y], index) => {
      this.#handles[index].style.left = `${x}px`;
      this.#handles[index].style.top = `${y}px`;
    });
  }

  /** Move a corner (0 to 3) or the whole box (4) by pixels of the screen. */
  #move(index, [dx, dy]) {
    const moved = (point) => {
      const [x, y] = this.#toScreen(point);
      return this.#toPage(x + dx, y + dy);
    };
    if (index === 4) this.#quad = this.#quad.map(moved);
    else if (this.#isFree) this.#quad = this.#quad.map((point, each) => (each === index ? moved(point) : point));
    else this.#quad = rectangle(moved(this.#quad[index]), this.#quad[(index + 2) % 4]);
    this.#follow();
  }

  // Mouse, touch and keys

  #handle(name, index) {
    const className = index === 4 ? "handle whole" : "handle";
    const handle = element("button", { type: "button", className, ariaLabel: name });
    handle.addEventListener("pointerdown", (event) => {
      event.stopPropagation();
      let last = [event.clientX, event.clientY];
      this.#drag(event, handle, ({ clientX, clientY }) => {
        this.#move(index, [clientX - last[0], clientY - last[1]]);
        last = [clientX, clientY];
      });
    });
    return handle;
  }

  #drawFrom(event) {
    if (this.#isFree || event.button !== 0 || event.target.closest(".drawing-bar")) return;
    event.preventDefault();
    const start = [event.clientX, event.clientY];
    const isLarge = ({ clientX, clientY }) =>
      Math.min(Math.abs(clientX - start[0]), Math.abs(clientY - start[1])) >= LEAST;
    this.#drag(event, this.#layer, (moved) => {
      if (!isLarge(moved)) return;
      this.#quad = rectangle(this.#toPage(...start), this.#toPage(moved.clientX, moved.clientY));
      this.#follow();
    }, (end) => {
      if (isLarge(end)) this.#end(this.#quad);
    });
  }

  #drag(event, target, move, end = () => {}) {
    target.setPointerCapture(event.pointerId);
    const stop = new AbortController();
    const options = { signal: stop.signal };
    target.addEventListener("pointermove", move, options);
    target.addEventListener("pointercancel", () => stop.abort(), options);
    target.addEventListener("pointerup", (last) => {
      stop.abort();
      end(last);
    }, options);
  }

  #key(event) {
    const handle = this.#handles.indexOf(event.target);
    const arrow = ARROWS[event.key];
    if (event.key === "Escape") this.#end(null);
    else if (event.key === "Enter" && handle >= 0) this.#end(this.#quad);
    else if (arrow && handle >= 0) this.#move(handle, arrow.map((each) => each * (event.shiftKey ? FAST : 1)));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #zoom(event) {
    event.preventDefault();
    this.#picture.viewer.viewport.zoomBy(event.deltaY < 0 ? 1.15 : 1 / 1.15);
  }
}
