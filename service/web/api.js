// The service's routes, relative to the page, so that a proxy may put both under a path of its own.

/** A request that brought no answer to use. `retryAfter` is in seconds; null if waiting alone does not help. */
export class Failure extends Error {
  constructor(message, { status = 0, retryAfter = null } = {}) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

const STARTING_RETRY_SECONDS = 3;

export const getSettings = () => send("frontend/settings");

export const getLanguages = () => send("languages");

/** The answer of POST /translate; `signal` abandons it. */
export function translate(parameters, signal) {
  return send("translate", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(parameters),
    signal,
  });
}

async function send(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") {
      throw error;
    }
    throw new Failure("The service cannot be reached. Is it running, and are you online?");
  }
  const body = await readJson(response);
  if (!response.ok) {
    throw failure(response, body);
  }
  if (body === null) {
    throw new Failure("The answer is not from the service: something between it and you has replaced it.");
  }
  return body;
}

async function readJson(response) {
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") {
      throw error;
    }
    return null; // a proxy's own page, or an answer cut short
  }
}

function failure(response, problem) {
  const title = problem?.title ?? `The service answered with status ${response.status}`;
  const detail = problem?.detail;
  const said = Number.parseInt(response.headers.get("retry-after"), 10);
  const starting = response.status === 503 ? STARTING_RETRY_SECONDS : null;
  return new Failure(detail ? `${title}: ${detail}.` : `${title}.`, {
    status: response.status,
    retryAfter: said >= 0 ? said : starting,
  });
}
