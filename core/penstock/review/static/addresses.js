// Addresses of this server: of its pages, its pictures and its data.

/** The most pixels that the server enlarges one to, and the most of a side of a part that it sends. */
const MOST_SCALE = 2;
const MOST_SIDE = 2000;

export function documentAddress(key) {
  return `/documents/${encodeURIComponent(key)}`;
}

export function pageAddress(key, number) {
  return `${documentAddress(key)}/pages/${number}`;
}

export function documentPath(key) {
  return `/api${documentAddress(key)}`;
}

export function pagePath(key, number) {
  return `/api${pageAddress(key, number)}`;
}

/** Return the address of a picture of a page: "thumbnail.jpg" or a tile. */
export function pictureAddress(key, number, name) {
  return `/pictures/${encodeURIComponent(key)}/${number}/${name}`;
}

/** Return the address of a part {x, y, width, height} of a page's picture, as near to a scale as the server sends it. */
export function partAddress(key, number, part, scale) {
  const sent = Math.min(scale, MOST_SCALE, MOST_SIDE / Math.max(part.width, part.height));
  return pictureAddress(key, number, `part.jpg?${new URLSearchParams({ ...part, scale: sent.toFixed(3) })}`);
}
