// Server-sent events from a response of fetch(): EventSource itself can only GET.

/** The events of `response` as `{ name, data }`, one by one; comments are left out. */
export async function* readEvents(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      yield* blocks.map(parse).filter((event) => event !== null);
    }
  } finally {
    reader.cancel().catch(() => {}); // whoever stops listening hangs up
  }
}

/** Service and page are of one version: an event has one line of name and one of data, in JSON. */
function parse(block) {
  const fields = new Map(block.split("\n").map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]));
  return fields.has("data") ? { name: fields.get("event"), data: JSON.parse(fields.get("data")) } : null;
}
