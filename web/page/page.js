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
    worker.onmessage = ({data}) => data.ready ? resolve() : data.unable ? reject(new Error(data.unable)) : take(data);
    worker.postMessage({program}, [program.buffer]);
  });

  // What the worker sends: the step that begins, or what a step made.
  function take(message) {
    const {job, step, text, failed, page, done} = message;
    if (job !== jobs)
      return;
    listeners.get(job)?.(message);
    if (step)
      state(step);
    if (text !== undefined)
      say(text, failed);
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
    const span = document.createElement('span'), blanks = document.createElement('span'), spaces = Math.min(8, /^ */.exec(text)[0].length);
    const indent = Math.min(8, /^#? *(\d+\. |- )?/.exec(text)[0].length);
    blanks.className = 'blanks'; // they take no room: a word that is too long for the row after them would leave it empty
    blanks.textContent = text.slice(0, spaces);
    span.append(blanks, text.slice(spaces));
    span.hidden = text.trim() === '#';
    span.className = /^(#|heapstrata )/.test(text) ? 'faint' : /^\S/.test(text) ? 'finding' : '';
    span.style.paddingLeft = `${indent}ch`;
    span.style.textIndent = `${spaces - indent}ch`;
    return span;
  }

  // The diagnosis, moved into sight: what is wrong first, and how the input was read after it.
  function say(text, failed) {
    const lines = (failed ? text.replace(/^heapstrata doctor: /, '') : text).split(/(?<=\n)/);
    const n = Math.max(0, lines.findIndex(line => !line.startsWith('#')));
    element('said').replaceChildren(...lines.slice(n).map(lineOf));
    element('remarks').replaceChildren(...lines.slice(0, n).map(lineOf));
    element('remarks').hidden = !n;
    element('commands').hidden = !/heapstrata (?!doctor: )[a-z]/.test(text);
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

  function refuse(text) {
    element('diagnosis').hidden = element('page').hidden = element('progress').hidden = true;
    state(text);
  }

  // `of`: what its heading calls the input.
  async function explain(name, bytes, of = name) {
    if (listeners.size) {
      state('A script runs on the board: stop it first.');
      return;
    }
    element('of').textContent = 'Diagnosis of ' + of;
    const job = ++jobs, width = document.body.dataset.columns = columns();
    element('diagnosis').hidden = element('page').hidden = true;
    element('progress').hidden = false;
    state('Starting the program ...');
    try {
      await ready;
    } catch (error) {
      refuse('This browser cannot run the program: ' + error.message);
      return;
    }
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

  async function takeFiles(files) {
    const [file] = files, of = files.length > 1 ? `${file.name}, the first of ${files.length} files` : file.name;
    const bytes = await file.arrayBuffer().catch(() => null);
    if (bytes)
      await explain(file.name, new Uint8Array(bytes), of);
    else
      refuse(`${file.name} cannot be read: it is a folder, is open in another program, or is too large for this browser.`);
  }

  async function takeText(text) {
    if (text.trim())
      await explain('text', new TextEncoder().encode(text), 'the text');
    else
      state('Paste what the board printed first.');
  }

  element('file').addEventListener('click', event => {
    event.target.value = ''; // the same file can be chosen again, with what it has now
  });
  element('file').addEventListener('change', event => event.target.files.length && takeFiles(event.target.files));
  element('go').addEventListener('click', () => takeText(element('text').value));
  addEventListener('dragover', event => {
    event.preventDefault();
    element('drop').classList.add('over');
  });
  addEventListener('dragleave', () => element('drop').classList.remove('over'));
  addEventListener('drop', event => {
    event.preventDefault();
    element('drop').classList.remove('over');
    const {files} = event.dataTransfer, text = event.dataTransfer.getData('text');
    if (files.length)
      takeFiles(files);
    else if (text)
      takeText(element('text').value = text);
  });
  globalThis.heapstrata = {ready, explain, start, state, tell: message => worker.postMessage(message)};
})();
