// Dialogs with a heading and a button that closes them.

import { button, element } from "./elements.js";

/** Show a dialog with some content until it is closed. */
export function openDialog(heading, className, ...content) {
  const title = element("h2", { id: "dialog-heading" }, heading);
  const close = button("Close", () => dialog.close(), { autofocus: true });
  const dialog = element("dialog", { className }, element("header", {}, title, close), ...content);
  dialog.setAttribute("aria-labelledby", title.id);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
