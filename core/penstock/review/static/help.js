// The list of all keys.

import { ACTIONS, shownKeys } from "./actions.js";
import { element } from "./elements.js";

const MORE = [
  [["Alt+1", "Alt+9"], "Take one of the other readings"],
  [["Ctrl+Z"], "In a text that was typed: undo the typing"],
];

function row(keys, help, between) {
  const names = keys.flatMap((each, index) => [index ? between : "", element("kbd", {}, shownKeys(each))]);
  return [element("dt", {}, ...names.filter((each) => each !== "")), element("dd", {}, help)];
}

export class Help {
  #dialog = null;

  open() {
    this.#dialog ??= this.#make();
    this.#dialog.showModal();
  }

  #make() {
    const rows = [
      ...ACTIONS.flatMap((action) => row(action.keys, action.help, " or ")),
      ...row(...MORE[0], " to "),
      ...row(...MORE[1], " or "),
    ];
    const close = element("button", { type: "button", autofocus: true }, "Close");
    const heading = element("h2", { id: "help-heading" }, "Keys");
    const dialog = element("dialog", { className: "help" }, element("header", {}, heading, close),
      element("p", {}, "Typing replaces the selected word. A typed space splits it; an empty text deletes it. "
        + "Every change is saved at once."),
      element("dl", {}, ...rows));
    dialog.setAttribute("aria-labelledby", "help-heading");
    close.addEventListener("click", () => dialog.close());
    document.body.append(dialog);
    return dialog;
  }
}
