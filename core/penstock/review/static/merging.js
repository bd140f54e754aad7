// Apply an edit to lines that were changed elsewhere since: in another tab, or by a new reading.

import { same } from "./edits.js";
import { bounds } from "./geometry.js";
import { withWords } from "./line_text.js";

/** Return whether the lines from `start` on equal `expected`. */
function found(lines, start, expected) {
  return start >= 0 && start + expected.length <= lines.length
    && expected.every((line, index) => same(line, lines[start + index]));
}

/** Return the start nearest to `near` from which on the lines equal `expected`, or -1. */
function locate(lines, expected, near) {
  if (!expected.length) return -1;
  for (let distance = 0; distance <= lines.length; distance += 1) {
    for (const start of [near - distance, near + distance]) {
      if (found(lines, start, expected)) return start;
    }
  }
  return -1;
}

/**
 * Return the splice that does the same to other lines, or null if their text is not what the edit changed.
 * An edit that the lines already contain gives a splice with `isDone`.
 */
export function rebased(lines, splice) {
  const { kind, start, before, after } = splice;
  if (!before.length) {
    const isDone = locate(lines, after, start) >= 0;
    return { kind, start: Math.min(start, lines.length), before, after, isDone };
  }
  const place = locate(lines, before, start);
  if (place >= 0) return { kind, start: place, before, after };
  const done = locate(lines, after, start);
  if (done >= 0) return { kind, start: done, before, after, isDone: true };
  return before.length === 1 && after.length === 1 ? rebasedWords(lines, splice) : null;
}

/** Apply the change of a few words to the same line, of which other words were changed. */
function rebasedWords(lines, { kind, start, before: [was], after: [now] }) {
  const { start: index, before: { length: count }, after: words } = difference(was.words, now.words);
  const line = sameLine(lines, was, start);
  if (line < 0 || (count === 0 && words.length === 0)) return null;
  const current = lines[line];
  const place = wordPlace(current.words, was.words, index, count);
  if (place < 0) return null;
  const text = textOf(now, index, words.length);
  const after = withWords(current, place, count, words, text);
  const placed = same(was.quad, now.quad) ? after : { ...after, quad: now.quad };
  return { kind, start: line, before: [current], after: [placed] };
}

/** Return what differs between two lists of words or lines: `before`, from `start` on, was replaced by `after`. */
export function difference(was, now) {
  const most = Math.min(was.length, now.length);
  let start = 0;
  while (start < most && same(was[start], now[start])) start += 1;
  let end = 0;
  while (end < most - start && same(was[was.length - 1 - end], now[now.length - 1 - end])) end += 1;
  return { start, before: was.slice(start, was.length - end), after: now.slice(start, now.length - end) };
}

function sameLine(lines, was, start) {
  const matches = lines.map((line, index) => index).filter((index) => same(lines[index].quad, was.quad));
  if (!matches.length) return -1;
  return matches.reduce((best, each) => (Math.abs(each - start) < Math.abs(best - start) ? each : best));
}

/** Return where the changed words are among the current words, or -1. */
function wordPlace(current, was, index, count) {
  if (count === 0) {
    const previous = was[index - 1];
    if (!previous) return 0;
    const place = current.findIndex((word) => same(word.quad, previous.quad));
    return place < 0 ? -1 : place + 1;
  }
  return locate(current, was.slice(index, index + count), index);
}

/** Return what the line's text says for some of its words. */
function textOf(line, index, count) {
  if (count === 0) return "";
  let end = 0;
  let start = 0;
  for (const [number, word] of line.words.slice(0, index + count).entries()) {
    const place = line.text.indexOf(word.text, end);
    if (place < 0) return undefined;
    if (number === index) start = place;
    end = place + word.text.length;
  }
  return line.text.slice(start, end);
}

/**
 * Return the lines that lie where an edit's lines were, {start, lines}: what a person chooses from if the edit and
 * another change contradict each other.
 */
export function contradicting(lines, { start, before }) {
  const box = bounds(before.map((line) => line.quad));
  const overlaps = (line) => {
    const other = bounds([line.quad]);
    const shared = Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top);
    const isBeside = Math.min(box.right, other.right) > Math.max(box.left, other.left);
    return isBeside && shared > (other.bottom - other.top) / 2;
  };
  const matches = lines.map((line, index) => index).filter((index) => overlaps(lines[index]));
  if (!matches.length) return { start: Math.min(start, lines.length), lines: [] };
  const first = matches[0];
  let last = first;
  while (matches.includes(last + 1)) last += 1;
  return { start: first, lines: lines.slice(first, last + 1) };
}
