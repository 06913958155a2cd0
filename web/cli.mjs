#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// heapstrata COMMAND [OPTIONS] [FILE], on every system that has Node.
import {readFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {runProgram} from './wasi.mjs';
import {argumentToGuest, hostFiles, hostStreams, toGuest} from './files-node.mjs';

const module = new WebAssembly.Module(readFileSync(new URL('heapstrata.wasm', import.meta.url)));
const env = {...process.env, PWD: toGuest(process.cwd()), TMPDIR: toGuest(tmpdir())};
if (process.stdout.isTTY && process.stdout.columns)
  env.COLUMNS = String(process.stdout.columns);
if (process.platform === 'win32')
  env.LANG ??= 'C.UTF-8';
const args = ['heapstrata', ...process.argv.slice(2).map(argument => argumentToGuest(argument))];
try {
  process.exitCode = runProgram(module, {args, env, files: hostFiles, streams: hostStreams()});
} catch (error) {
  if (!(error instanceof WebAssembly.RuntimeError) && !(error instanceof RangeError))
    throw error;
  process.stderr.write(`heapstrata: the program ended by an error: ${error.message}\n`);
  process.exitCode = 2;
}
