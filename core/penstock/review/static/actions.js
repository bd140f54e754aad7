// What the editor can do: the name, the button, the keys and the words of the help for each action.

import { element } from "./elements.js";

/**
 * `keys` are written as people read them: "Alt+J". `button` is the text of the action's button; an action without one
 * has a button elsewhere or is a movement in the text.
 */
export const ACTIONS = [
  { name: "accept", button: "Accept", keys: ["Enter"], help: "Accept or save the word, go to the next doubtful one" },
  { name: "next", button: "Next", keys: ["Tab"], help: "Next doubtful word, on the next page if need be" },
  { name: "previous", button: "Previous", keys: ["Shift+Tab"], help: "Previous doubtful word" },
  { name: "undo", button: "Undo", keys: ["Ctrl+Z"], help: "Undo the last change" },
  { name: "redo", button: "Redo", keys: ["Ctrl+Shift+Z", "Ctrl+Y"], help: "Do it again" },
  { name: "illegible", button: "Illegible", keys: ["Alt+I"], help: "Mark the word as illegible" },
  { name: "split", button: "Split", keys: ["Alt+S"], help: "Split the word at the cursor, as a typed space does" },
  { name: "join", button: "Join", keys: ["Alt+J"], help: "Join the word with the next one of its line" },
  { name: "remove", button: "Delete", keys: ["Alt+Backspace", "Alt+Delete"], help: "Delete the word" },
  { name: "add", button: "Add a word", keys: ["Alt+A"], help: "Draw the box of a word that is missing, then type it" },
  { name: "box", button: "Change box", keys: ["Alt+B"], help: "Move the corners of the word's box" },
  { name: "lineUp", button: "Line up", keys: ["Alt+ArrowUp"], help: "Move the line before the one above" },
  { name: "lineDown", button: "Line down", keys: ["Alt+ArrowDown"], help: "Move the line after the one below" },
  { name: "everywhere", keys: ["Alt+E"], help: "Look at the same words of the document, and change them too" },
  { name: "help", button: "Keys", keys: ["F1", "?"], help: "Show this list. The key ? works outside the input" },
  { name: "cancel", keys: ["Escape"], help: "Cancel what was typed. Again: leave the input, so that Tab moves on" },
  { name: "wordBefore", keys: ["ArrowUp"], help: "The word before" },
  { name: "wordAfter", keys: ["ArrowDown"], help: "The word after" },
];

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/**
 * Return the keys of an event as in `ACTIONS`: "Ctrl+Shift+Z". On a Mac, Command counts as Ctrl, and Control as Alt:
 * Option types letters there, such as é.
 */
export function keysOf(event) {
  if (event.getModifierState?.("AltGraph")) return "";
  const isAlt = isMac ? event.ctrlKey || (event.altKey && event.key.startsWith("Arrow")) : event.altKey;
  const parts = [];
  if (isMac ? event.metaKey : event.ctrlKey) parts.push("Ctrl");
  if (isAlt) parts.push("Alt");
  const key = keyOf(event, isAlt);
  if (event.shiftKey && (key.length > 1 || parts.length)) parts.push("Shift");
  return [...parts, key].join("+");
}

/** Return the name of a key. With Alt, it is the letter or digit on the key, not the letter that Alt types. */
function keyOf({ code, key }, isAlt) {
  const own = isAlt ? /^(?:Key|Digit|Numpad)([A-Z0-9])$/.exec(code ?? "") : null;
  return own ? own[1] : key.length === 1 ? key.toUpperCase() : key;
}

export function actionOf(event) {
  const keys = keysOf(event);
  return ACTIONS.find((action) => action.keys.includes(keys))?.name ?? null;
}

/** Show keys on a button, and tell them to a screen reader. */
export function showKeys(button, keys) {
  button.setAttribute("aria-keyshortcuts", ariaKeys(keys));
  button.append(element("kbd", { ariaHidden: "true" }, shownKeys(keys[0])));
}

/** Return keys for `aria-keyshortcuts`. */
function ariaKeys(keys) {
  const names = isMac ? { Ctrl: "Meta", Alt: "Control" } : { Ctrl: "Control" };
  return keys.map((each) => each.split("+").map((key) => names[key] ?? key).join("+")).join(" ");
}

/** Return keys as this computer's keyboard names them. */
export function shownKeys(keys) {
  const names = { ArrowUp: "↑", ArrowDown: "↓", Escape: "Esc" };
  if (!isMac) return keys.split("+").map((key) => names[key] ?? key).join("+");
  const signs = { ...names, Ctrl: "⌘", Alt: keys.includes("Arrow") ? "⌥" : "⌃", Shift: "⇧", Backspace: "⌫" };
  return keys.split("+").map((key) => signs[key] ?? key).join("");
}
