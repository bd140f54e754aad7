// How many words are doubtful, as words and as a bar.

import { element } from "./elements.js";

const number = new Intl.NumberFormat("en");

/** Return "12 of 340 words are doubtful, 3 were corrected". */
export function doubtText({ words, doubtful, corrected }) {
  if (!words) return "No words";
  const total = `${number.format(words)} ${words === 1 ? "word" : "words"}`;
  const doubt = doubtful ? `${number.format(doubtful)} of ${total} ${doubtful === 1 ? "is" : "are"} doubtful` : total;
  const none = doubtful ? "" : words === 1 ? ", not doubtful" : ", none doubtful";
  const done = corrected ? `, ${number.format(corrected)} ${corrected === 1 ? "was" : "were"} corrected` : "";
  return doubt + none + done;
}

/** Return a paragraph with the numbers and a bar with the shares of doubtful and of corrected words. */
export function doubtBar(counts) {
  const shares = element("span", { className: "shares", ariaHidden: "true" });
  for (const kind of ["doubtful", "corrected"]) {
    const share = element("span", { className: kind });
    share.style.width = `${(100 * counts[kind]) / Math.max(counts.words, 1)}%`;
    shares.append(share);
  }
  return element("p", { className: "doubt" }, shares, doubtText(counts));
}
