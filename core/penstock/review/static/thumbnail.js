// Small pictures of pages.

import { pictureAddress } from "./addresses.js";
import { element } from "./elements.js";

/**
 * Return a page's small picture, loaded when it comes near the window. If there is no picture, or `page` is null, the
 * frame stays empty.
 */
export function thumbnail(key, page) {
  const image = element("img", { alt: "", loading: "lazy", decoding: "async" });
  image.addEventListener("error", () => image.remove());
  if (page !== null) image.src = pictureAddress(key, page, "thumbnail.jpg");
  return element("span", { className: "thumbnail", ariaHidden: "true" }, image);
}
