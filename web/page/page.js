// SPDX-License-Identifier: MIT
// The page: takes a file or a text, lets the worker run the program on it, and shows what it says.
'use strict';
(() => {
  const element = id => document.getElementById(id);
  const state = text => {
    element('state').textContent = text;
  };
  let worker, saved, jobs = 0;
  const listeners = new Map(); // of jobs whose messages are not only a diagnosis

  function bytesOf(base64) {
    return Uint8Array.from(atob(base64), character => character.charCodeAt(0));
  }

  const ready = new Promise((resolve, reject) => {
    const text = element('worker').textContent, program = bytesOf(element('program').textContent.trim());
    worker = new Worker(URL.createObjectURL(new Blob([text], {type: 'text/javascript'})));
    worker.onerror = event => reject(new Error(event.message));
    worker.onmessage = ({data}) => data.ready ? resolve() : take(data);
    worker.postMessage({program}, [program.buffer]);
  });

  // What the worker sends: the step that begins, or what a step made.
  function take(message) {
    const {job, step, text, page, done} = message;
    if (job !== jobs)
      return;
    listeners.get(job)?.(message);
    if (step)
      state(step);
    if (text !== undefined)
      say(text);
    if (page)
      show(page);
    if (done) {
      listeners.delete(job);
      state('');
      element('progress').hidden = true;
      document.body.dataset.done = String(job);
    }
  }

  // One line of the diagnosis: what a finding says is strong, remarks are faint. A long line wraps and is indented to the start of its text.
  function lineOf(text) {
    const span = document.createElement('span'), indent = Math.min(8, /^#? *(\d+\. |- )?/.exec(text)[0].length);
    span.textContent = text;
    span.className = /^(#|heapstrata )/.test(text) ? 'faint' : /^\S/.test(text) ? 'finding' : '';
    span.style.paddingLeft = `${indent}ch`;
    span.style.textIndent = `-${indent}ch`;
    return span;
  }

  // The diagnosis, moved into sight.
  function say(text) {
    element('said').replaceChildren(...text.split(/(?<=\n)/).map(lineOf));
    element('diagnosis').hidden = false;
    element('diagnosis').scrollIntoView();
  }

  // How many characters fit side by side into the diagnosis: 80 at most, as on a command line.
  function columns() {
    const section = element('diagnosis'), said = element('said'), was = section.hidden;
    section.hidden = false;
    said.textContent = 'm'.repeat(80);
    const range = document.createRange(), style = getComputedStyle(said);
    range.selectNodeContents(said);
    const lines = range.getClientRects(), width = said.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const one = [...lines].reduce((sum, line) => sum + line.width, 0) / 80;
    said.textContent = '';
    section.hidden = was;
    return Math.min(80, Math.floor(width / one));
  }

  function show(page) {
    URL.revokeObjectURL(saved);
    saved = URL.createObjectURL(new Blob([page], {type: 'text/html'}));
    element('save').href = saved;
    element('save').download = 'heapstrata.html';
    element('view').srcdoc = new TextDecoder().decode(page);
    element('page').hidden = false;
  }

  async function explain(name, bytes) {
    if (listeners.size) {
      state('A script runs on the board: stop it first.');
      return;
    }
    const job = ++jobs, width = document.body.dataset.columns = columns();
    element('diagnosis').hidden = element('page').hidden = true;
    element('progress').hidden = false;
    state('Starting the program ...');
    await ready;
    worker.postMessage({job, name, bytes, columns: width}, [bytes.buffer]);
  }

  // Lets the worker do something else; each(message) gets what it sends.
  async function start(task, each) {
    const job = ++jobs;
    listeners.set(job, each);
    element('diagnosis').hidden = element('page').hidden = true;
    element('progress').hidden = false;
    await ready;
    worker.postMessage({job, ...task});
  }

  // A name that the program takes for an option, or for a folder, is none.
  const plain = name => 'file-' + name.replace(/[^\w.-]+/g, '_');

  async function takeFile(file) {
    if (file)
      await explain(plain(file.name), new Uint8Array(await file.arrayBuffer()));
  }

  element('file').addEventListener('change', event => takeFile(event.target.files[0]));
  element('go').addEventListener('click', () => {
    const text = element('text').value;
    if (text.trim())
      explain('text', new TextEncoder().encode(text));
    else
      state('Paste what the board printed first.');
  });
  addEventListener('dragover', event => {
    event.preventDefault();
    element('drop').classList.add('over');
  });
  addEventListener('dragleave', () => element('drop').classList.remove('over'));
  addEventListener('drop', event => {
    event.preventDefault();
    element('drop').classList.remove('over');
    takeFile(event.dataTransfer.files[0]);
  });
  globalThis.heapstrata = {ready, explain, start, state, tell: message => worker.postMessage(message)};
})();
