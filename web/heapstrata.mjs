// SPDX-License-Identifier: MIT
// HeapStrata as a library for Node and browsers: heapstrata.d.ts describes it.
import {runProgram, runWaitingProgram} from './wasi.mjs';
import {MemoryFiles, MemoryStream} from './files-memory.mjs';
export {SerialLine} from './serial.mjs';
export {canWait} from './wasi.mjs';

const text = bytes => new TextDecoder().decode(bytes);

/* Compiles the program, from its bytes. */
export const compile = bytes => WebAssembly.compile(bytes);

// What the program sees as its system.
function systemOf(args, {files = {}, input = new Uint8Array(0), env = {}, onOutput, onError} = {}) {
  return {
    args: ['heapstrata', ...args],
    env: {PWD: '/', TMPDIR: '/tmp', LANG: 'C.UTF-8', ...env},
    files: new MemoryFiles(Object.fromEntries(Object.entries(files).map(([name, bytes]) => ['/' + name, bytes]))),
    streams: [new MemoryStream(input), new MemoryStream(undefined, onOutput), new MemoryStream(undefined, onError)],
  };
}

const resultOf = (status, {streams, files}) =>
  ({status, output: streams[1].written, errors: text(streams[2].written), file: name => files.contents('/' + name)});

export function run(module, args, settings) {
  const system = systemOf(args, settings);
  return resultOf(runProgram(module, system), system);
}

/* The same for a command that speaks with a board through `line`, a SerialLine: its device is /dev/serial. begun(interrupt) is called
   before it starts; interrupt() is what Ctrl-C is to the native program. */
export async function runOnLine(module, line, args, settings, begun = () => {}) {
  const system = systemOf(args, settings);
  system.files.addDevice('/dev/serial', line);
  return resultOf(await runWaitingProgram(module, system, exports => begun(exports.hs_interrupt)), system);
}
