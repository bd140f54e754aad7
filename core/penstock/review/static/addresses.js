// Addresses of this server: of its pages, its pictures and its data.

/** The largest enlargement that the server is asked for. The browser enlarges it further. */
const MOST_SCALE = 2;

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

/** Return the address of a part {x, y, width, height} of a page's picture. */
export function partAddress(key, number, part, scale) {
  const query = new URLSearchParams({ ...part, scale: Math.min(scale, MOST_SCALE).toFixed(3) });
  return pictureAddress(key, number, `part.jpg?${query}`);
}
