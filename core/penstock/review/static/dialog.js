// Dialogs with a heading and a button that closes them.

import { element } from "./elements.js";

/** Show a dialog with some content until it is closed. */
export function openDialog(heading, className, ...content) {
  const title = element("h2", { id: "dialog-heading" }, heading);
  const close = element("button", { type: "button", autofocus: true }, "Close");
  const dialog = element("dialog", { className }, element("header", {}, title, close), ...content);
  dialog.setAttribute("aria-labelledby", title.id);
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
