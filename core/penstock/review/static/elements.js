// Elements of the page. Texts are set as text, never as HTML.

/** Return an element with properties and children: texts and other elements. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Return a button with a name, which calls `act` when it is pressed. */
export function button(name, act, properties = {}) {
  const made = element("button", { type: "button", ...properties }, name);
  made.addEventListener("click", act);
  return made;
}

/** Replace `removed` children of an element, from index `start` on, by others. */
export function spliceChildren(parent, start, removed, ...inserted) {
  const old = [...parent.children].slice(start, start + removed);
  const next = parent.children[start + removed] ?? null;
  for (const each of inserted) parent.insertBefore(each, next);
  for (const each of old) each.remove();
}
