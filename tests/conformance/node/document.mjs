// Translates the file at argv[3] into argv[4] with DeepL's client; prints the status, and what another file gets.
import { createRequire } from "node:module";

const deepl = createRequire(import.meta.url)("deepl-node");
const [, , url, source, target] = process.argv;
const client = new deepl.DeepLClient("any", { serverUrl: url, maxRetries: 0 });

const status = await client.translateDocument(source, target, "de", "en-US");
const refused = await client
  .uploadDocument(Buffer.from("x"), null, "en-GB", { filename: "x.exe" })
  .catch((error) => error.message);
console.log(JSON.stringify({ status, refused }));
