// SPDX-License-Identifier: MIT
// Runs a script on a board at a serial port of the browser's. The program in the worker speaks with the board as it does on a command
// line; here its bytes are carried.
'use strict';
(() => {
  const {explain, start, state, tell} = globalThis.heapstrata, element = id => document.getElementById(id);
  let running, saved;

  if (!navigator.serial || typeof WebAssembly.Suspending !== 'function') {
    element('no-ports').hidden = false;
    element('recorder').hidden = true;
  }

  // The figures of micropython.mem_info(), which every sample begins with.
  class Samples {
    constructor() {
      this.decoder = new TextDecoder('latin1');
      this.rest = '';
      this.used = [];
    }

    take(bytes) {
      const lines = (this.rest + this.decoder.decode(bytes, {stream: true})).split('\n');
      this.rest = lines.pop().slice(-1000);
      for (const line of lines) {
        const found = /^GC: total: (\d+), used: (\d+)/.exec(line);
        if (found)
          this.add(Number(found[1]), Number(found[2]));
      }
    }

    add(total, used) {
      this.used.push(used);
      const most = Math.max(total, 1), n = this.used.length, number = value => value.toLocaleString('en');
      element('used').textContent = `${number(used)} of ${number(total)} bytes used; ${number(n)} samples`;
      element('curve').toggleAttribute('hidden', n < 2); // an SVG element has no property `hidden`
      element('curve').firstElementChild.setAttribute('points',
        this.used.map((value, i) => `${(600 * i / Math.max(1, n - 1)).toFixed(1)},${(80 - 80 * value / most).toFixed(1)}`).join(' '));
    }
  }

  // An open port. `each` gets what the board sends.
  class Line {
    constructor(port) {
      this.port = port;
      this.reader = port.readable.getReader();
      this.writer = port.writable.getWriter();
    }

    async read(each) {
      try {
        for (let part = await this.reader.read(); !part.done; part = await this.reader.read())
          each(part.value);
      } catch {
        // unplugged: the program says so
      }
      tell({ended: true});
    }

    send(bytes) {
      this.writer.write(bytes).catch(() => tell({ended: true}));
    }

    async close() {
      await this.reader.cancel().catch(() => {});
      await this.writer.close().catch(() => {});
      this.reader.releaseLock();
      this.writer.releaseLock();
      await this.port.close().catch(() => {});
    }
  }

  function show(text) {
    element('printed').hidden = false;
    element('printed').append(text);
    element('printed').scrollTop = element('printed').scrollHeight;
  }

  function clear() {
    element('printed').textContent = element('used').textContent = '';
    element('curve').toggleAttribute('hidden', true);
    element('printed').hidden = element('save-trace').hidden = true;
  }

  // The worker's messages while the script runs, as one promise of the trace.
  const recorded = (line, task) => new Promise((resolve, reject) => {
    let trace;
    start(task, message => {
      if (message.send)
        line.send(message.send);
      if (message.printed)
        show(message.printed);
      if (message.trace)
        trace = message.trace;
      if (message.done)
        resolve(trace);
    }).catch(reject);
  });

  async function record(port) {
    const samples = new Samples();
    await port.open({baudRate: Number(element('baud').value), bufferSize: 1 << 16});
    const line = new Line(port), task = {script: element('script').value, every: Number(element('every').value)};
    const reading = line.read(bytes => {
      samples.take(bytes);
      tell({came: bytes});
    });
    running = true;
    element('stop').hidden = false;
    const trace = await recorded(line, task);
    await line.close();
    await reading;
    return trace;
  }

  function keep(trace) {
    URL.revokeObjectURL(saved);
    saved = URL.createObjectURL(new Blob([trace]));
    Object.assign(element('save-trace'), {href: saved, download: 'trace.hst', hidden: false});
  }

  async function run() {
    if (running)
      return;
    clear();
    try {
      const trace = await record(await navigator.serial.requestPort());
      if (trace) {
        keep(trace);
        await explain('trace.hst', trace.slice());
      } else {
        state('No trace came; what the program said is above.');
      }
    } catch (error) {
      state(error.name === 'NotFoundError' ? 'No port was chosen.' : 'The port: ' + error.message);
    }
    running = false;
    element('stop').hidden = true;
  }

  element('run').addEventListener('click', run);
  element('stop').addEventListener('click', () => tell({stop: true}));
})();
