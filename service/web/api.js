// The service's routes, relative to the page, so that a proxy may put both under a path of its own.

import { readEvents } from "./events.js";

/** A request that brought no answer to use. `retryAfter` is in seconds; null if waiting alone does not help. */
export class Failure extends Error {
  constructor(message, { status = 0, retryAfter = null } = {}) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

const STARTING_RETRY_SECONDS = 3;
const UNREACHABLE = "The service cannot be reached. Is it running, and are you online?";
const REPLACED = "The answer is not from the service: something between it and you has replaced it.";
const BROKEN = "The connection broke off before the translation was done.";

export const getSettings = async () => read(await send("frontend/settings"));

export const getLanguages = async () => read(await send("languages"));

/** The answer of POST /translate; `signal` abandons it. */
export async function translate(parameters, signal) {
  return read(await post(parameters, signal));
}

/** The same, telling `onSegment` of each sentence that is done: its text, and how much of all is. */
export async function translateStream(parameters, signal, onSegment) {
  const response = await post(parameters, signal, { accept: "text/event-stream" });
  if (!response.ok) {
    throw failure(response, await readJson(response));
  }
  for await (const { name, data } of abandonable(readEvents(response))) {
    if (name === "segment") {
      onSegment(data.translatedText, (data.index + 1) / data.total);
    } else if (name === "done") {
      return data;
    } else if (name === "error") {
      throw new Failure(explain(data, data.status), { status: data.status });
    }
  }
  throw new Failure(BROKEN);
}

/** Have `file` translated in the background; the handle is for the functions below. */
export async function uploadDocument(file, { source, target, key }, signal) {
  const form = new FormData();
  form.set("target_lang", target);
  if (source) {
    form.set("source_lang", source);
  }
  form.set("file", file);
  return read(await send("v2/document", { method: "POST", headers: authorization(key), body: form, signal }));
}

/** How far it is. */
export async function documentStatus(handle, key, signal) {
  return read(await askDocument("POST", handle, key, signal));
}

/** Have it ended and removed, if it is still there. */
export function forgetDocument(handle, key) {
  askDocument("DELETE", handle, key).catch(() => {});
}

/** Where its translation is, once it is done. */
export const resultAddress = (handle) => `download_file/${handle.document_id}${handle.document_key}`;

function askDocument(method, handle, key, signal) {
  return send(`v2/document/${handle.document_id}`, {
    method,
    headers: { "content-type": "application/json", ...authorization(key) },
    body: JSON.stringify({ document_key: handle.document_key }),
    signal,
  });
}

const authorization = (key) => (key ? { authorization: `DeepL-Auth-Key ${key}` } : {});

function post(parameters, signal, headers = {}) {
  return send("translate", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(parameters),
    signal,
  });
}

async function send(path, options) {
  try {
    return await fetch(path, options);
  } catch (error) {
    throw error.name === "AbortError" ? error : new Failure(UNREACHABLE);
  }
}

async function* abandonable(events) {
  try {
    yield* events;
  } catch (error) {
    throw error.name === "AbortError" ? error : new Failure(BROKEN);
  }
}

async function read(response) {
  const body = await readJson(response);
  if (!response.ok) {
    throw failure(response, body);
  }
  if (body === null) {
    throw new Failure(REPLACED);
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
  const said = Number.parseInt(response.headers.get("retry-after"), 10);
  const starting = response.status === 503 ? STARTING_RETRY_SECONDS : null;
  return new Failure(explain(problem, response.status), {
    status: response.status,
    retryAfter: said >= 0 ? said : starting,
  });
}

function explain(problem, status) {
  const title = problem?.title ?? `The service answered with status ${status}`;
  return problem?.detail ? `${title}: ${problem.detail}.` : `${title}.`;
}
