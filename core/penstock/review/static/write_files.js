// The button that writes the PDF and the other files of a document again, with its corrections.

import { documentPath } from "./addresses.js";
import { ApiError, post } from "./api.js";
import { counted } from "./counts.js";
import { openDialog } from "./dialog.js";
import { button, element } from "./elements.js";

const HINT = "Write the PDF and the other files of this document again, with the corrections";

/** Return the button. It is hidden while the store's document cannot be written. */
export function writeButton(store) {
  const made = button("Write files", async () => {
    made.disabled = true;
    made.textContent = "Writing…";
    showAnswer(await written(store));
    made.textContent = "Write files";
    made.disabled = false;
  }, { title: HINT, hidden: true });
  store.addEventListener("page", () => { made.hidden = !store.page.document.can_write; });
  return made;
}

/** Return {written, problems, notes} after the edits that wait are stored. */
async function written(store) {
  try {
    if (!(await store.settled())) return { written: [], problems: ["Not all corrections are saved yet. Try again."] };
    return await post(`${documentPath(store.key)}/write`, {});
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { written: [], problems: [error.explanation] };
  }
}

/** `notes` says what the files do not hold, such as letters that a format cannot. */
function showAnswer({ written: paths, problems, notes = [] }) {
  const list = (texts, className) =>
    element("ul", { className }, ...texts.map((text) => element("li", { dir: "auto" }, text)));
  openDialog(headingOf(paths, problems), "written", list(paths, "paths"), list(problems, "problem"), list(notes, "notes"));
}

function headingOf(paths, problems) {
  if (problems.length) return paths.length ? "Not all files were written" : "Nothing was written";
  if (!paths.length) return "All files were up to date";
  return `${counted(paths.length, "file")} ${paths.length === 1 ? "was" : "were"} written`;
}
