// Values that a tab keeps through a reload. A browser may forbid it, or have no room: the page works without them.

/** Return the value that was kept under a name, or null. */
export function recalled(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name));
  } catch {
    return null; // the storage is switched off, or holds something else
  }
}

/** Keep a value of JSON under a name; null removes it. */
export function keep(name, value) {
  try {
    if (value === null) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, JSON.stringify(value));
  } catch {
    // The storage is full or switched off.
  }
}
