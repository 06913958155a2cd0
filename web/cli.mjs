#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// heapstrata COMMAND [OPTIONS] [FILE], on every system that has Node.
import {readFileSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {runProgram} from './wasi.mjs';
import {argumentToGuest, hostFiles, hostStreams, toGuest} from './files-node.mjs';

const module = new WebAssembly.Module(readFileSync(new URL('heapstrata.wasm', import.meta.url)));
const env = {...process.env, PWD: toGuest(process.cwd()), TMPDIR: toGuest(tmpdir())};
if (process.stdout.isTTY && process.stdout.columns)
  env.COLUMNS = String(process.stdout.columns);
if (process.platform === 'win32')
  env.LANG ??= 'C.UTF-8';
// What `record` of a native program notes for its user counts only if no other user can write it: the program does not see whose files are.
const state = join(env.XDG_STATE_HOME?.startsWith('/') ? env.XDG_STATE_HOME : join(env.HOME ?? '/', '.local', 'state'), 'heapstrata');
const mine = (path, others) => (s => s && s.uid === process.geteuid() && !(s.mode & others))(statSync(path, {throwIfNoEntry: false}));
if (process.geteuid && !(mine(state, 0o22) && mine(join(state, 'key'), 0o77)))
  delete env.HOME, delete env.XDG_STATE_HOME;
const args = ['heapstrata', ...process.argv.slice(2).map(argument => argumentToGuest(argument))];
try {
  process.exitCode = runProgram(module, {args, env, files: hostFiles, streams: hostStreams()});
} catch (error) {
  if (!(error instanceof WebAssembly.RuntimeError) && !(error instanceof RangeError))
    throw error;
  process.stderr.write(`heapstrata: the program ended by an error: ${error.message}\n`);
  process.exitCode = 2;
}
