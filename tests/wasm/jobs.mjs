// SPDX-License-Identifier: MIT
// usage: node jobs.mjs PACKAGE JOBS FOLDER     Runs each job of the JSON file JOBS, a list of arguments, in FOLDER with the program
// in PACKAGE, and prints a line of JSON for each: [status, standard output, standard error], both in base64.
import {readFileSync} from 'node:fs';
import {pathToFileURL} from 'node:url';
import {join} from 'node:path';

const [folder, jobs, cwd] = process.argv.slice(2);
const from = name => import(pathToFileURL(join(folder, name)));
const {runProgram} = await from('wasi.mjs'), {hostFiles} = await from('files-node.mjs'), {MemoryStream} = await from('files-memory.mjs');
const module = new WebAssembly.Module(readFileSync(join(folder, 'heapstrata.wasm')));
const base64 = bytes => Buffer.from(bytes).toString('base64');

for (const args of JSON.parse(readFileSync(jobs))) {
  const streams = [new MemoryStream(), new MemoryStream(), new MemoryStream()];
  let status;
  try {
    status = runProgram(module, {args: ['heapstrata', ...args], env: {PWD: cwd, LANG: 'C.UTF-8', TMPDIR: cwd}, files: hostFiles, streams});
  } catch (error) {
    status = String(error.stack);
  }
  console.log(JSON.stringify([status, base64(streams[1].written), base64(streams[2].written)]));
}
