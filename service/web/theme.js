// The colour scheme: the system's, until the button is used; the choice is remembered by the browser.

const KEY = "dragoman.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

/** What storage holds under `key`; null where the browser keeps nothing. */
export function recall(storage, key) {
  try {
    return globalThis[storage].getItem(key);
  } catch {
    return null;
  }
}

/** Keep `value` under `key`, where the browser lets us. */
export function remember(storage, key, value) {
  try {
    globalThis[storage].setItem(key, value);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : dark.matches;
}

/** Make `button` a switch between the schemes. */
export function bindTheme(button) {
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = next;
    remember("localStorage", KEY, next);
    show();
  });
  dark.addEventListener("change", show);
  show();
}

const chosen = recall("localStorage", KEY);
if (chosen === "dark" || chosen === "light") {
  document.documentElement.dataset.theme = chosen;
}
