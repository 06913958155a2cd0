// SPDX-License-Identifier: MIT
// The worker: runs the program on a file, first for the diagnosis, then for the page. What stands before this is the library.
let program;

function work({job, name, bytes}) {
  const files = {[name]: bytes};
  postMessage({job, step: 'Looking for what is wrong ...'});
  const doctor = run(program, ['doctor', name], {files});
  postMessage({job, text: new TextDecoder().decode(doctor.output) + doctor.errors});
  if (doctor.status === 2)
    return;
  postMessage({job, step: 'Drawing the heap over time ...'});
  const page = run(program, ['html', name, '-o', 'page.html'], {files}).file('page.html');
  if (page)
    postMessage({job, page});
}

onmessage = async ({data}) => {
  if (data.program) {
    program = await compile(data.program);
    postMessage({ready: true});
    return;
  }
  try {
    work(data);
  } catch (error) {
    postMessage({job: data.job, text: 'The program ended by an error: ' + error.message});
  }
  postMessage({job: data.job, done: true});
};
