// Edits of a page: each function takes the page's lines and returns a splice {kind, start, before, after}, or null if
// there is nothing to change. The lines from index `start` on, which equal `before`, are replaced by `after`.
// No function changes the lines that it is given.

import { around, bounds, extent, flowOf, isDownwards, position, quadOfBox, shared } from "./geometry.js";
import { edited, withWords, written } from "./line_text.js";

const ILLEGIBLE = "[illegible]";

/** Largest gap between a line and a drawn word that belongs to it, in heights of the line. */
const LARGEST_GAP = 3;

/** Return the lines after a splice. */
export function applied(lines, { start, before, after }) {
  return [...lines.slice(0, start), ...after, ...lines.slice(start + before.length)];
}

/** Return the splice that undoes another one. */
export function reversed(splice, kind = "undo") {
  return { kind, start: splice.start, before: splice.after, after: splice.before };
}

/** Return how many words more the first line of a splice has after it. */
export function addedWords({ before, after }) {
  return (after[0]?.words.length ?? 0) - before[0].words.length;
}

/** Replace a word's text. Spaces split the word; an empty text deletes it. `word` null means the text of the line. */
export function replaceWord(lines, line, word, typed) {
  const text = written(typed);
  if (word === null) return replaceLineText(lines, line, text);
  const was = lines[line].words[word];
  if (!text) return deleteWord(lines, line, word);
  if (text === written(was.text)) return acceptWord(lines, line, word);
  return replaced(lines, line, word, text, text.includes(" ") ? "split" : "replace");
}

function replaceLineText(lines, line, text) {
  if (!text) return deleteLine(lines, line);
  const was = lines[line];
  // The words of a line that had none are marked as corrected, so that an accepted line is known as such.
  const words = newWords(text, was.quad, was);
  return lineSplice(text === was.text ? "accept" : "replace", lines, line, edited(was, { text, words }));
}

/** Return the splice in which the parts of a text, divided by spaces, take the place of a word. */
function replaced(lines, line, word, text, kind) {
  const was = lines[line].words[word];
  const texts = text.split(" ");
  if (texts.length === 1) return wordsSplice(kind, lines, line, word, 1, [corrected({ ...was, text })]);
  const quads = shared(was.quad, texts, flowOf(lines[line]));
  const parts = texts.map((each, index) => corrected(moved({ ...was, text: each }, quads[index])));
  return wordsSplice(kind, lines, line, word, 1, parts, text);
}

/** Say that a word's text is right. */
export function acceptWord(lines, line, word) {
  if (word === null) return replaceLineText(lines, line, written(lines[line].text));
  const was = lines[line].words[word];
  if (was.corrected && !was.doubtful) return null;
  return wordsSplice("accept", lines, line, word, 1, [corrected(was)]);
}

/** Mark a word that cannot be read. */
export function markIllegible(lines, line, word) {
  if (word === null) {
    return { ...replaceLineText(lines, line, ILLEGIBLE), kind: "illegible" };
  }
  if (lines[line].words[word].text === ILLEGIBLE) return acceptWord(lines, line, word);
  return replaced(lines, line, word, ILLEGIBLE, "illegible");
}

/** Join a word with the next one of its line. */
export function joinWithNext(lines, line, word, typed = null) {
  const { words, quad } = lines[line];
  if (word === null || word + 1 >= words.length) return null;
  const [first, second] = words.slice(word, word + 2);
  const text = written((typed ?? first.text) + second.text);
  const box = around([first.quad, second.quad], quad);
  return wordsSplice("join", lines, line, word, 2, [corrected(moved({ ...first, text }, box))]);
}

/** Delete a word, or its line if the line has no other word. */
export function deleteWord(lines, line, word) {
  if (word === null || lines[line].words.length === 1) return deleteLine(lines, line);
  return wordsSplice("delete", lines, line, word, 1, [], "");
}

export function deleteLine(lines, line) {
  return { kind: "delete", start: line, before: [lines[line]], after: [] };
}

/** Give a word another quad. The line's quad grows with it. */
export function setQuad(lines, line, word, quad) {
  const was = lines[line].words[word];
  if (same(was.quad, quad)) return null;
  const words = [...lines[line].words];
  words[word] = corrected(moved(was, quad));
  return lineSplice("move", lines, line, grown(edited(lines[line], { words }), quad));
}

/** Move a line up (`step` -1) or down (1) in the order of reading. */
export function moveLine(lines, line, step) {
  const other = line + step;
  if (other < 0 || other >= lines.length) return null;
  const start = Math.min(line, other);
  const before = lines.slice(start, start + 2);
  return { kind: "order", start, before, after: [before[1], before[0]] };
}

/**
 * Add a word in a drawn box {left, top, right, bottom}: into the line that it overlaps, else as a new line.
 * The splice has `line` and `word`, the place of the new word.
 */
export function addWord(lines, box, typed) {
  const text = written(typed);
  if (!text) return null;
  const quad = quadOfBox(box);
  const line = lineAt(lines, quad);
  return line === null ? addLine(lines, quad, text) : addToLine(lines, line, quad, text);
}

function newWords(text, quad, line) {
  const texts = text.split(" ");
  return shared(quad, texts, flowOf(line)).map((each, index) => corrected({ text: texts[index], quad: each }));
}

function addToLine(lines, line, quad, text) {
  const was = lines[line];
  const place = position(quad, was);
  const later = was.words.findIndex((word) => position(word.quad, was) > place);
  const index = later < 0 ? was.words.length : later;
  const after = grown(withWords(was, index, 0, newWords(text, quad, was), text), quad);
  return { ...lineSplice("add", lines, line, after), line, word: index };
}

function addLine(lines, quad, text) {
  const { start, beside } = placeOfLine(lines, quad);
  const line = { text, quad, handwritten: beside?.handwritten ?? null, language: beside?.language ?? null };
  if (beside?.direction) line.direction = beside.direction;
  if (beside?.region !== undefined) line.region = beside.region;
  line.words = newWords(text, quad, { ...line, words: [] });
  return { kind: "add", start, before: [], after: [line], line: start, word: 0 };
}

/** Return the index of the line that a box belongs to: it lies at the line's height and not far from its words. */
function lineAt(lines, quad) {
  let best = { index: null, share: 0.5 };
  lines.forEach((line, index) => {
    if (!line.words.length) return;
    const [place, box] = [extent([line.quad], line.quad), extent([quad], line.quad)];
    const turned = isDownwards(line) ? [swapped(place), swapped(box)] : [place, box];
    const share = shareInLine(...turned);
    if (share > best.share) best = { index, share };
  });
  return best.index;
}

const swapped = ({ from, to, top, bottom }) => ({ from: top, to: bottom, top: from, bottom: to });

function shareInLine(line, box) {
  const size = line.bottom - line.top;
  if (Math.max(box.from - line.to, line.from - box.to) > LARGEST_GAP * size) return 0;
  const overlap = Math.min(line.bottom, box.bottom) - Math.max(line.top, box.top);
  return overlap / Math.max(Math.min(size, box.bottom - box.top), 1);
}

/** Return the index of a new line in the order of reading, and the line beside it that it resembles. */
function placeOfLine(lines, quad) {
  const box = bounds([quad]);
  const middle = (box.top + box.bottom) / 2;
  const places = lines.map((line, index) => ({ index, line, ...bounds([line.quad]) }));
  const column = places.filter(({ left, right }) => Math.min(right, box.right) > Math.max(left, box.left));
  const above = nearest(column.filter(({ top, bottom }) => (top + bottom) / 2 <= middle), middle);
  if (above) return { start: above.index + 1, beside: above.line };
  const below = nearest(column, middle);
  if (below) return { start: below.index, beside: below.line };
  const other = nearest(places, middle);
  if (!other) return { start: 0, beside: null };
  const isAfter = isDownwards(other.line) ? box.left < other.left : middle > (other.top + other.bottom) / 2;
  return { start: other.index + (isAfter ? 1 : 0), beside: isDownwards(other.line) ? other.line : null };
}

function nearest(places, middle) {
  const distance = ({ top, bottom }) => Math.abs((top + bottom) / 2 - middle);
  return places.reduce((best, each) => (!best || distance(each) < distance(best) ? each : best), null);
}

function lineSplice(kind, lines, line, after) {
  return { kind, start: line, before: [lines[line]], after: [after] };
}

function wordsSplice(kind, lines, line, index, count, words, text) {
  return lineSplice(kind, lines, line, withWords(lines[line], index, count, words, text));
}

function corrected(word) {
  const { alternatives, ...rest } = word;
  return { ...rest, confidence: null, flagged_low: false, corrected: true, doubtful: false };
}

function moved(word, quad) {
  const { polygon, ...rest } = word;
  return { ...rest, quad };
}

/** Return the line with a quad that contains another quad. */
function grown(line, quad) {
  const [place, box] = [extent([line.quad], line.quad), extent([quad], line.quad)];
  const isInside = box.from >= place.from && box.to <= place.to && box.top >= place.top && box.bottom <= place.bottom;
  if (isInside) return line;
  const { polygon, ...rest } = line;
  return { ...rest, quad: around([line.quad, quad], line.quad) };
}

/** Return whether two values of JSON are the same. A key without a value is the same as no key, or null. */
export function same(first, second) {
  if ((first ?? null) === (second ?? null)) return true;
  if (typeof first !== "object" || typeof second !== "object" || !first || !second) return false;
  const keys = new Set([...Object.keys(first), ...Object.keys(second)]);
  return [...keys].every((key) => same(first[key], second[key]));
}
