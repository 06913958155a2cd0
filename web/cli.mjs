#!/usr/bin/env node
// SPDX-License-Identifier: MIT
// heapstrata COMMAND [OPTIONS] [FILE], on every system that has Node. The program runs in another thread (cli-program.mjs), so that this one
// hears signals meanwhile and removes what the program has begun.
import {readFileSync} from 'node:fs';
import {Worker} from 'node:worker_threads';
import {Unfinished} from './unfinished.mjs';

const unfinished = new Unfinished(), {port1, port2} = new MessageChannel();
const columns = process.stdout.isTTY ? process.stdout.columns : undefined;
const program = new Worker(new URL('cli-program.mjs', import.meta.url),
  {argv: process.argv.slice(2), workerData: {columns, lock: unfinished.lock, port: port2}, transferList: [port2]});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'])
  process.on(signal, () => {
    unfinished.removeAll(port1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
program.on('exit', status => {
  process.exitCode = status;
});
// It starts meanwhile.
program.postMessage(new WebAssembly.Module(readFileSync(new URL('heapstrata.wasm', import.meta.url))));
