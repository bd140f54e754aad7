// Numbers of things in texts.

const format = new Intl.NumberFormat("en");

/** Return a number as it is read: "1,234". */
export function shownNumber(number) {
  return format.format(number);
}

/** Return "1 word", "1,234 words". */
export function counted(number, noun) {
  return `${shownNumber(number)} ${noun}${number === 1 ? "" : "s"}`;
}
