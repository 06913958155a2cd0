// SPDX-License-Identifier: MIT
// What stands in the page about each trace: gzip in base64; within, the length of a JSON text in four bytes, the
// text, and behind it the columns that it lists. analysis/html/page.c writes it.

async function unpack(text) {
  const binary = atob(text);
  const packed = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++)
    packed[i] = binary.charCodeAt(i);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// The columns as {name: Uint8Array}.
function columnsOf(facts, bytes, at) {
  const columns = {};
  for (const [name, length] of facts.columns) {
    columns[name] = bytes.subarray(at, at + length);
    at += length;
  }
  return columns;
}

async function readTrace(script) {
  const all = await unpack(script.textContent);
  script.remove();
  const length = new DataView(all.buffer, all.byteOffset).getUint32(0, true);
  const facts = JSON.parse(new TextDecoder().decode(all.subarray(4, 4 + length)));
  return {facts, history: new History(facts, columnsOf(facts, all, 4 + length))};
}

function readTraces() {
  return Promise.all([...document.querySelectorAll('script[type="application/x-heapstrata"]')].map(readTrace));
}
