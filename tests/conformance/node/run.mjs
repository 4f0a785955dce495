// Runs one client of npm against the service at argv[3] and prints what it returned, as JSON.
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const [, , client, url, key] = process.argv;
const text = "Wo ist denn hier der Bahnhof?";

const clients = {
  async translate() {
    const { Translate } = await import("translate");
    const translate = new Translate({ engine: "libre", url: `${url}/translate`, key });
    return { text: await translate(text, { from: "de", to: "en" }) };
  },

  async libretranslate() {
    const { translate } = require("libretranslate");
    const ask = (source) => translate({ apiurl: url, query: text, source, target: "en", apiKey: key });
    return { text: await ask("de"), auto: await ask("auto") };
  },

  async "libretranslate-ts"() {
    const { libreTranslate } = require("libretranslate-ts");
    libreTranslate.setApiEndpoint(url);
    if (key) libreTranslate.setApiKey(key);
    return {
      one: await libreTranslate.translate(text, "de", "en"),
      more: await libreTranslate.translate(text, "auto", "en", 2),
      detected: await libreTranslate.detect(text),
      languages: await libreTranslate.listLanguages(),
      refused: await libreTranslate.translate(text, "de", "xx"),
    };
  },

  async "deepl-node"() {
    const deepl = require("deepl-node");
    const client = new deepl.DeepLClient(key ?? "any", { serverUrl: url, maxRetries: 0, minTimeout: 60000 });
    const refused = await client.translateText("Hund", "de", "fr").catch((error) => error.message);
    const entries = new deepl.GlossaryEntries({ entries: { Bahnhof: "railway station" } });
    const made = await client.createGlossary("railway", "de", "en", entries);
    const glossary = {
      made,
      found: await client.getGlossary(made.glossaryId),
      listed: (await client.listGlossaries()).map((one) => one.glossaryId),
      entries: (await client.getGlossaryEntries(made)).entries(),
      used: await client.translateText(text, "de", "en-GB", { glossary: made }),
    };
    await client.deleteGlossary(made);
    glossary.gone = await client.getGlossary(made.glossaryId).catch((error) => error.constructor.name);
    return {
      glossary,
      one: await client.translateText(text, "de", "en-US"),
      many: await client.translateText([text, "Where is the railway station?"], null, "en-GB", {
        splitSentences: "nonewlines",
        preserveFormatting: true,
        formality: "prefer_less",
      }),
      markup: await client.translateText('<p>Hund</p><keep>Hund</keep> <x id="1"/>', "de", "en-US", {
        tagHandling: "xml",
        outlineDetection: false,
        splittingTags: ["p", "keep"],
        nonSplittingTags: "b",
        ignoreTags: ["keep", "x"],
      }),
      page: await client.translateText("<p>Hund<br><b>Hund</b>", "de", "en-US", { tagHandling: "html" }),
      sources: await client.getSourceLanguages(),
      targets: await client.getTargetLanguages(),
      glossaries: await client.getGlossaryLanguagePairs(),
      usage: await client.getUsage(),
      refused,
    };
  },
};

try {
  console.log(JSON.stringify(await clients[client]()));
} catch (error) {
  console.log(JSON.stringify({ error: error.message, kind: error.constructor.name }));
}
