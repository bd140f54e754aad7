// Drawings over a picture.

/** Return an SVG element with attributes. */
export function svg(name, attributes = {}) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Return the points of an outline as an SVG attribute. */
export function pointsOf(outline) {
  return outline.map(([x, y]) => `${x},${y}`).join(" ");
}
