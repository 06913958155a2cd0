// SPDX-License-Identifier: MIT
// HeapStrata as a library for Node and browsers: heapstrata.d.ts describes it.
import {runProgram} from './wasi.mjs';
import {MemoryFiles, MemoryStream} from './files-memory.mjs';

const text = bytes => new TextDecoder().decode(bytes);

/* Compiles the program, from its bytes. */
export const compile = bytes => WebAssembly.compile(bytes);

export function run(module, args, {files = {}, input = new Uint8Array(0), env = {}, onOutput, onError} = {}) {
  const system = new MemoryFiles(Object.fromEntries(Object.entries(files).map(([name, bytes]) => ['/' + name, bytes])));
  const streams = [new MemoryStream(input), new MemoryStream(undefined, onOutput), new MemoryStream(undefined, onError)];
  const status = runProgram(module, {args: ['heapstrata', ...args], env: {PWD: '/', TMPDIR: '/tmp', LANG: 'C.UTF-8', ...env}, files: system, streams});
  return {status, output: streams[1].written, errors: text(streams[2].written), file: name => system.contents('/' + name)};
}
