// The page: reads what was typed and chosen, asks for translations, shows them.

import { getLanguages, getSettings, translate, translateStream } from "./api.js";
import { readAttention } from "./details.js";
import { FilesView } from "./files.js";
import { InsightView } from "./insight.js";
import { AUTO, Languages } from "./languages.js";
import { Latest } from "./latest.js";
import { ProblemView } from "./problem.js";
import { ResultView } from "./result.js";
import { bindTheme, recall, remember } from "./theme.js";

const ALTERNATIVES = 3;
const LONG_TEXT = 500; // from here on it comes sentence by sentence, and whole texts are too much to choose from
const LANGUAGES_KEY = "dragoman.languages";
const API_KEY = "dragoman.key";

const find = (id) => document.getElementById(id);
const number = new Intl.NumberFormat("en");
const [source, target, swap, text, key] = ["source", "target", "swap", "text", "key"].map(find);
const [count, clear, detectedNote] = ["count", "clear", "detected"].map(find);

const problem = new ProblemView({ message: find("problem"), countdown: find("countdown"), button: find("retry") });
const result = new ResultView(
  {
    output: find("translation"),
    progress: find("progress"),
    confidence: find("confidence"),
    meter: find("score"),
    scoreText: find("score-text"),
    copy: find("copy"),
    further: find("further"),
    list: find("alternatives"),
    announcement: find("announcement"),
  },
  (isBest) => (isBest ? insight.show(answered.answer, answered.text) : insight.clear()),
);
const insight = new InsightView(
  {
    output: find("translation"),
    field: text,
    mirror: find("mirror"),
    check: find("check"),
    announcement: find("announcement"),
    sentence: {
      section: find("sentence"),
      facts: find("sentence-facts"),
      flags: find("sentence-flags"),
      picture: find("attention"),
      close: find("sentence-close"),
    },
  },
  askAttention,
);
const latest = new Latest();
const files = new FilesView(
  {
    section: find("files"),
    button: find("choose-files"),
    input: find("file-input"),
    kinds: find("file-kinds"),
    list: find("file-list"),
    zone: find("panels"),
    announcement: find("announcement"),
  },
  wishForFile,
);

let settings = null;
let languages = null;
let direction = { source: AUTO, target: "" };
let detected = null;
let answered = null; // the answer on show, and the text that it answers

async function start() {
  try {
    [settings, languages] = await Promise.all([getSettings(), getLanguages().then((list) => new Languages(list))]);
  } catch (failure) {
    problem.show(failure.message, start, failure.retryAfter);
    return;
  }
  showKey();
  files.offer(settings.filesTranslation ? settings.supportedFilesFormat : []);
  const [from, into] = (recall("localStorage", LANGUAGES_KEY) ?? "").split(">");
  fill(source, languages.sources);
  choose(languages.sources.includes(from) ? from : settings.language.source.code, into, settings.language.target.code);
  for (const control of [source, target]) {
    control.disabled = false;
  }
  changed(0);
}

function showKey() {
  find("key-row").hidden = !settings.keyRequired;
  key.value = settings.keyRequired ? (recall("sessionStorage", API_KEY) ?? "") : "";
}

function fill(select, codes) {
  const options = codes.map((code) => new Option(code === AUTO ? "Auto-detect" : languages.name(code), code));
  select.replaceChildren(...options);
}

/** Take `from`, and of `wishes` the first language that it can be translated into. */
function choose(from, ...wishes) {
  const into = languages.target(from, ...wishes);
  direction = { source: from, target: into };
  source.value = from;
  fill(target, languages.targets(from));
  target.value = into;
  text.lang = from === AUTO ? "" : from;
  remember("localStorage", LANGUAGES_KEY, `${from}>${into}`);
  showDetected(null);
}

function showDetected(found) {
  detected = found && found.confidence > 0 ? found.language : null;
  detectedNote.textContent = detected ? `Detected: ${languages.name(detected)}` : "";
  swap.disabled = languages.swapped(direction.source, direction.target, detected) === null;
}

/** How far the text is over the limit, in characters as the service counts them: code points. */
function measure() {
  let length = 0;
  for (const _ of text.value) {
    length += 1;
  }
  const limit = settings.charLimit;
  const over = limit >= 0 ? Math.max(0, length - limit) : 0;
  count.textContent = limit >= 0 ? `${number.format(length)} / ${number.format(limit)}` : number.format(length);
  count.classList.toggle("over", over > 0);
  text.setAttribute("aria-invalid", String(over > 0));
  clear.hidden = length === 0;
  return over;
}

/** The text, the languages or the key are other ones: what is on show is not their translation any more. */
function changed(delay) {
  if (languages === null) {
    return; // what is typed before the languages are known is translated once they are
  }
  latest.cancel();
  problem.clear();
  const over = measure();
  if (text.value.trim() === "") {
    result.clear();
    showDetected(null);
  } else if (over > 0) {
    result.clear();
    problem.show(`The text is ${number.format(over)} ${over === 1 ? "character" : "characters"} too long.`);
  } else if (isKeyMissing()) {
    result.clear();
    problem.show(KEY_WANTED);
  } else {
    result.busy = true;
    latest.schedule(delay, ask);
  }
}

async function ask(signal) {
  const into = direction.target;
  const asked = text.value;
  const arrive = (part, progress) => signal.aborted || result.append(part, progress, into);
  try {
    const answer = await (isLong() ? translateStream(parameters(), signal, arrive) : translate(parameters(), signal));
    if (!signal.aborted) {
      answered = { answer, text: asked };
      showDetected(answer.detectedLanguage ?? null);
      result.show(answer, into);
    }
  } catch (failure) {
    if (!signal.aborted) {
      report(failure);
    }
  }
}

/** Where the network looked for `sentence`, a part of the text on show; null where it cannot tell. */
async function askAttention(sentence, signal) {
  const from = direction.source === AUTO ? detected : direction.source;
  const asked = { q: sentence, source: from ?? AUTO, target: direction.target, attention: true, ...keyParameter() };
  return readAttention(await translate(asked, signal));
}

const keyParameter = () => (settings.keyRequired ? { api_key: key.value } : {});

const isLong = () => text.value.length >= LONG_TEXT;

function parameters() {
  const alternatives = isLong() ? 0 : Math.min(ALTERNATIVES, settings.maxAlternatives);
  return { q: text.value, ...direction, alternatives, details: true, ...keyParameter() };
}

/** What is chosen, for a file; null, and a word on it, if the key is missing. */
function wishForFile() {
  if (isKeyMissing()) {
    problem.show(KEY_WANTED);
    return null;
  }
  const { source: from, target: into } = direction;
  return { source: from === AUTO ? "" : from, target: into, key: settings.keyRequired ? key.value : "" };
}

const KEY_WANTED = "Enter your API key to translate.";
const isKeyMissing = () => settings.keyRequired && key.value === "";

function report(failure) {
  result.clear();
  const refused = failure.status >= 400 && failure.status < 500 && failure.status !== 429;
  problem.show(failure.message, refused ? null : () => changed(0), failure.retryAfter);
}

function exchange() {
  const back = languages.swapped(direction.source, direction.target, detected);
  const translation = result.text;
  choose(back.source, back.target);
  if (translation !== "") {
    text.value = translation;
  }
  changed(0);
}

text.addEventListener("input", () => changed(settings?.frontendTimeout));
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    changed(0);
  }
});
source.addEventListener("change", () => {
  choose(source.value, direction.target, direction.source);
  changed(0);
});
target.addEventListener("change", () => {
  choose(source.value, target.value);
  changed(0);
});
swap.addEventListener("click", exchange);
find("retry").addEventListener("click", () => text.focus()); // the button is gone once it has been used
clear.addEventListener("click", () => {
  text.value = "";
  changed(0);
  text.focus();
});
key.addEventListener("input", () => {
  remember("sessionStorage", API_KEY, key.value);
  changed(settings.frontendTimeout);
});
find("key-row").addEventListener("submit", (event) => {
  event.preventDefault();
  changed(0);
});
bindTheme(find("theme"));
start();
