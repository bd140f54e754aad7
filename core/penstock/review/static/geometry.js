// Quads: four corners [x, y] in pixels, clockwise from the top left of the upright text.
// A flow says along which sides of a quad the text runs.

const FORWARDS = [0, 1, 2, 3];
const BACKWARDS = [1, 0, 3, 2];
const DOWNWARDS = [0, 3, 2, 1];

/** From this ratio of height to width on, Chinese or Japanese runs downwards in an upright quad. */
const TALL = 1.5;

const RIGHT_TO_LEFT = /^[^\p{L}]*[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const CHINESE_OR_JAPANESE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
const NARROW = /[iljtfrI1.,:;'!|()[\]-]/;
const WIDE = /[mwMW\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const MARK = /\p{M}/u;

export function isRightToLeft(text) {
  return RIGHT_TO_LEFT.test(text);
}

/** Return the axes of a quad: unit vectors along its reading direction and down. */
function axes(quad) {
  let x = quad[1][0] - quad[0][0] + quad[2][0] - quad[3][0];
  let y = quad[1][1] - quad[0][1] + quad[2][1] - quad[3][1];
  const length = Math.hypot(x, y);
  if (length === 0) [x, y] = [1, 0];
  else [x, y] = [x / length, y / length];
  return { along: [x, y], down: [-y, x] };
}

const dot = (point, axis) => point[0] * axis[0] + point[1] * axis[1];

const between = (first, second, share) => [
  first[0] + (second[0] - first[0]) * share,
  first[1] + (second[1] - first[1]) * share,
];

export function center(quad) {
  return [0, 1].map((axis) => quad.reduce((sum, point) => sum + point[axis], 0) / 4);
}

function width(quad) {
  return Math.hypot(quad[1][0] - quad[0][0], quad[1][1] - quad[0][1]);
}

function height(quad) {
  return Math.hypot(quad[3][0] - quad[0][0], quad[3][1] - quad[0][1]);
}

/** Return {left, top, right, bottom} of the upright rectangle around quads. */
export function bounds(quads) {
  const points = quads.flat();
  const xs = points.map((point) => point[0]);
  const ys = points.map((point) => point[1]);
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}

export function quadOfBox({ left, top, right, bottom }) {
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}

/** Return where quads lie along and across the text of another quad, in pixels: {from, to, top, bottom}. */
export function extent(quads, frame) {
  const { along, down } = axes(frame);
  const points = quads.flat();
  const alongs = points.map((point) => dot(point, along));
  const downs = points.map((point) => dot(point, down));
  return {
    from: Math.min(...alongs), to: Math.max(...alongs), top: Math.min(...downs), bottom: Math.max(...downs),
  };
}

/** Return the smallest rectangle around quads that is turned like the first one. */
export function around(quads, frame = quads[0]) {
  const { along, down } = axes(frame);
  const { from, to, top, bottom } = extent(quads, frame);
  const point = (a, d) => [a * along[0] + d * down[0], a * along[1] + d * down[1]];
  return [point(from, top), point(to, top), point(to, bottom), point(from, bottom)];
}

/** Return the flow of a line's text: an order of a quad's corners in which text runs from the first to the second. */
export function flowOf(line) {
  if (line.direction === "ttb" || line.direction === "btt") return DOWNWARDS;
  const words = line.words;
  if (words.length > 1) {
    const { along, down } = axes(line.quad);
    const [first, last] = [center(words[0].quad), center(words[words.length - 1].quad)];
    const way = [last[0] - first[0], last[1] - first[1]];
    if (Math.abs(dot(way, down)) > Math.abs(dot(way, along))) return DOWNWARDS;
    return dot(way, along) < 0 ? BACKWARDS : FORWARDS;
  }
  const isTall = height(line.quad) > TALL * width(line.quad);
  if (isTall && CHINESE_OR_JAPANESE.test(line.text)) return DOWNWARDS;
  return line.direction === "rtl" || isRightToLeft(line.text) ? BACKWARDS : FORWARDS;
}

export function isDownwards(line) {
  return flowOf(line) === DOWNWARDS;
}

/** Return the width of a text in a common typeface, in ems. */
function naturalWidth(text) {
  let sum = 0;
  for (const letter of text) {
    if (!MARK.test(letter)) sum += NARROW.test(letter) ? 0.3 : WIDE.test(letter) ? 0.95 : 0.55;
  }
  return Math.max(sum, 0.3);
}

/** Return a quad for each text, which share a quad by the widths of their letters and the spaces between. */
export function shared(quad, texts, flow, space = 0.25) {
  const widths = texts.map(naturalWidth);
  const total = widths.reduce((sum, each) => sum + each, space * (texts.length - 1));
  const turned = flow.map((index) => quad[index]);
  let position = 0;
  return widths.map((each) => {
    const [start, end] = [position / total, (position + each) / total];
    position += each + space;
    const part = [
      between(turned[0], turned[1], start), between(turned[0], turned[1], end),
      between(turned[3], turned[2], end), between(turned[3], turned[2], start),
    ];
    return flow.map((index) => part[index]);
  });
}

/** Return how far along its line's flow a quad lies; a word that is read later has a larger number. */
export function position(quad, line) {
  const flow = flowOf(line);
  const { along, down } = axes(line.quad);
  const middle = center(quad);
  if (flow === DOWNWARDS) return dot(middle, down);
  return flow === BACKWARDS ? -dot(middle, along) : dot(middle, along);
}
