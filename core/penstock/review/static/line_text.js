// The text of a line and its words: which part of the text a word is, and the text after words changed.

const SCRIPTS = ["Han", "Hiragana", "Katakana", "Thai", "Lao", "Tibetan", "Myanmar", "Khmer"];
const UNSPACED = new RegExp(`[${SCRIPTS.map((script) => `\\p{Script=${script}}`).join("")}]`, "u");

/** Return a text in NFC with single spaces inside and none around it. */
export function written(text) {
  return text.normalize("NFC").replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " ").replace(/\s+/gu, " ").trim();
}

/** Return what separates words of a line: nothing in a script without spaces. */
function separatorOf(line) {
  return UNSPACED.test(line.text) && !/\s/u.test(line.text) ? "" : " ";
}

/** Return [start, end] of each word in the line's text, or null if the text does not say the words. */
function spansOf(line) {
  const spans = [];
  let end = 0;
  for (const word of line.words) {
    const start = line.text.indexOf(word.text, end);
    if (start < 0 || /\S/u.test(line.text.slice(end, start))) return null;
    end = start + word.text.length;
    spans.push([start, end]);
  }
  return /\S/u.test(line.text.slice(end)) ? null : spans;
}

/**
 * Return the line with `words` in the place of `count` words from `index` on. `text` is what the line's text says
 * for the new words. The spaces of the rest of the text stay as they are.
 */
export function withWords(line, index, count, words, text = words.map((word) => word.text).join(separatorOf(line))) {
  const all = [...line.words.slice(0, index), ...words, ...line.words.slice(index + count)];
  const spans = spansOf(line);
  const separator = separatorOf(line);
  const changed = spans ? spliced(line.text, spans, index, count, text, separator)
    : all.map((word) => word.text).join(separator);
  return edited(line, { words: all, text: changed });
}

function spliced(text, spans, index, count, inserted, separator) {
  if (count > 0) {
    const [start, end] = [spans[index][0], spans[index + count - 1][1]];
    const changed = text.slice(0, start) + inserted + text.slice(end);
    return inserted ? changed : changed.replace(/\s+/gu, " ").trim();
  }
  if (index === 0) return spans.length ? inserted + separator + text : inserted;
  const end = spans[index - 1][1];
  return text.slice(0, end) + separator + inserted + text.slice(end);
}

/** Return the line with changes. A line with another text loses the confidence and alternatives of its text. */
export function edited(line, changes) {
  const after = { ...line, ...changes };
  if (after.text !== line.text) {
    delete after.confidence;
    delete after.alternatives;
  }
  return after;
}
