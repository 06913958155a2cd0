// SPDX-License-Identifier: MIT
// The worker: runs the program on a file, first for the diagnosis, then for the page. What stands before this is the library.
let program, line, interrupt;

function work({job, name, bytes, columns}) {
  // A name with a hyphen is no option.
  const files = {['given/' + name]: bytes}, env = {PWD: '/given'}, path = name.startsWith('-') ? './' + name : name;
  postMessage({job, step: 'Looking for what is wrong ...'});
  const doctor = run(program, ['doctor', path], {files, env: {...env, COLUMNS: String(columns)}});
  postMessage({job, failed: doctor.status === 2, text: new TextDecoder().decode(doctor.output) + doctor.errors});
  if (doctor.status === 2)
    return;
  postMessage({job, step: 'Drawing the heap over time ...'});
  const page = run(program, ['html', path, '-o', '/page.html'], {files, env}).file('page.html');
  if (page)
    postMessage({job, page});
}

// Runs a script on the board at the port, which the page has opened.
async function record({job, script, every}) {
  const text = bytes => new TextDecoder().decode(bytes);
  line = new SerialLine(bytes => postMessage({job, send: bytes}));
  postMessage({job, step: 'The script runs on the board ...'});
  const files = {'main.py': new TextEncoder().encode(script)}, settings = {files,
    onOutput: bytes => postMessage({job, printed: text(bytes)}), onError: bytes => postMessage({job, printed: text(bytes)})};
  const done = await runOnLine(program, line, ['record', '--serial', '/dev/serial', '--every', String(every), '-o', 'trace.hst', 'main.py'], settings,
    stop => {
      interrupt = stop;
    });
  interrupt = line = undefined;
  postMessage({job, trace: done.file('trace.hst'), status: done.status});
}

async function start(data) {
  try {
    await (data.script === undefined ? work(data) : record(data));
  } catch (error) {
    postMessage({job: data.job, text: 'The program ended by an error: ' + error.message});
  }
  postMessage({job: data.job, done: true});
}

onmessage = async ({data}) => {
  if (data.program) {
    program = await compile(data.program).catch(error => postMessage({unable: error.message}));
    if (program)
      postMessage({ready: true});
  } else if (data.came) {
    line?.take(data.came);
  } else if (data.ended) {
    line?.end();
  } else if (data.stop) {
    interrupt?.();
  } else {
    await start(data);
  }
};
