// Find the word at a point of the picture.

import { bounds } from "./geometry.js";

/** Return {line, word} of the smallest word that lies within `reach` pixels of a point, or null. */
export function wordAt(lines, point, reach) {
  let found = null;
  let least = Infinity;
  lines.forEach((line, lineIndex) => {
    if (!isNear(line, point, reach)) return;
    const words = line.words.length ? line.words : [line];
    words.forEach((word, index) => {
      const box = bounds([word.quad]);
      const measure = distance(box, point) * 1e9 + area(box);
      if (distance(box, point) > reach || measure >= least) return;
      least = measure;
      found = { line: lineIndex, word: line.words.length ? index : null };
    });
  });
  return found;
}

function isNear(line, point, reach) {
  return distance(bounds([line.quad, ...line.words.map((word) => word.quad)]), point) <= reach;
}

const area = ({ left, top, right, bottom }) => (right - left) * (bottom - top);

/** Return how far a point lies outside a box; 0 inside. */
function distance({ left, top, right, bottom }, [x, y]) {
  return Math.hypot(Math.max(left - x, 0, x - right), Math.max(top - y, 0, y - bottom));
}
