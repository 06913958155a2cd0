// SPDX-License-Identifier: MIT
// The thread in which cli.mjs lets the program run. It gets the compiled program as a message.
import {once} from 'node:events';
import {statSync, writeSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {parentPort, workerData} from 'node:worker_threads';
import {runProgram} from './wasi.mjs';
import {argumentToGuest, hostFiles, hostStreams, toGuest} from './files-node.mjs';
import {noting} from './unfinished.mjs';

const env = {...process.env, PWD: toGuest(process.cwd()), TMPDIR: toGuest(tmpdir())};
if (workerData.columns)
  env.COLUMNS = String(workerData.columns);
if (process.platform === 'win32')
  env.LANG ??= 'C.UTF-8';
// What `record` of a native program notes for its user counts only if no other user can write it: the program does not see whose files are.
const state = join(env.XDG_STATE_HOME?.startsWith('/') ? env.XDG_STATE_HOME : join(env.HOME ?? '/', '.local', 'state'), 'heapstrata');
function mine(path, others) {
  try {
    const {uid, mode} = statSync(path);
    return uid === process.geteuid() && !(mode & others);
  } catch {
    return false; // it is not there, or cannot be looked at
  }
}
if (process.geteuid && !(mine(state, 0o22) && mine(join(state, 'key'), 0o77)))
  delete env.HOME, delete env.XDG_STATE_HOME;
const args = ['heapstrata', ...process.argv.slice(2).map(argument => argumentToGuest(argument))];
const [module] = await once(parentPort, 'message');
try {
  process.exitCode = runProgram(module, {args, env, files: noting(hostFiles, workerData), streams: hostStreams()});
} catch (error) {
  if (!(error instanceof WebAssembly.RuntimeError) && !(error instanceof RangeError))
    throw error;
  writeSync(2, `heapstrata: the program ended by an error: ${error.message}\n`);
  process.exitCode = 2;
}
