// The list of all keys.

import { ACTIONS, shownKeys } from "./actions.js";
import { openDialog } from "./dialog.js";
import { element } from "./elements.js";

const ABOUT = "Typing replaces the selected word. A typed space splits it; an empty text deletes it. "
  + "Every change is saved at once.";

function row(keys, help, between = " or ") {
  const names = keys.flatMap((each, index) => [...(index ? [between] : []), element("kbd", {}, shownKeys(each))]);
  return [element("dt", {}, ...names), element("dd", {}, help)];
}

export function openHelp() {
  const rows = [
    ...ACTIONS.flatMap(({ keys, help }) => row(keys, help)),
    ...row(["Alt+1", "Alt+9"], "Take one of the other readings", " to "),
    ...row(["Ctrl+Z"], "In a text that was typed: undo the typing"),
  ];
  openDialog("Keys", "help", element("p", {}, ABOUT), element("dl", {}, ...rows));
}
