// How many words are doubtful, as words and as a bar.

import { counted, shownNumber } from "./counts.js";
import { element } from "./elements.js";

/** Return "12 of 340 words are doubtful, 3 were corrected". */
export function doubtText({ words, doubtful, corrected }) {
  if (!words) return "No words";
  const total = counted(words, "word");
  const doubt = doubtful ? `${shownNumber(doubtful)} of ${total} ${doubtful === 1 ? "is" : "are"} doubtful` : total;
  const none = doubtful ? "" : words === 1 ? ", not doubtful" : ", none doubtful";
  const done = corrected ? `, ${shownNumber(corrected)} ${corrected === 1 ? "was" : "were"} corrected` : "";
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
