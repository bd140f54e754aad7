// Requests to the server of this page. No other address is ever asked.

/** An answer that says why the server did not do what was asked. `status` is 0 if no answer came. */
export class ApiError extends Error {
  constructor(status, body) {
    super(body.error ?? `The server answered with status ${status}.`);
    this.status = status;
    this.hint = body.hint ?? "";
    this.page = body.page ?? null;
  }

  /** What went wrong, and on a second line what to do. */
  get explanation() {
    return [this.message, this.hint].filter(Boolean).join("\n");
  }
}

/** The most bytes of a body that the browser still sends while the page is closed. */
const MOST_KEPT_ALIVE = 60_000;

const NO_ANSWER = {
  error: "penstock review does not answer.",
  hint: "Start it again in the terminal, and open the address that it prints.",
};

async function answered(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new ApiError(0, NO_ANSWER);
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(response.status, body);
  return body;
}

export function get(path) {
  return answered(path, { headers: { Accept: "application/json" } });
}

export function post(path, value) {
  const body = JSON.stringify(value);
  const keepalive = body.length < MOST_KEPT_ALIVE;
  return answered(path, { method: "POST", headers: { "Content-Type": "application/json" }, body, keepalive });
}
