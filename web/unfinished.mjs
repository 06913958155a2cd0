// SPDX-License-Identifier: MIT
// Files and folders that a program in another thread made under names of its own, and has neither renamed nor removed. When a signal
// ends the program, they are to be removed. The program makes, renames and removes them only while it holds a lock, so what was noted
// is complete when the other thread holds it.
import fs from 'node:fs';
import {receiveMessageOnPort} from 'node:worker_threads';
import {toHost} from './files-node.mjs';

function take(lock) {
  while (Atomics.compareExchange(lock, 0, 0, 1))
    Atomics.wait(lock, 0, 1);
}

function leave(lock) {
  Atomics.store(lock, 0, 0);
  Atomics.notify(lock, 0);
}

/* The file system `files` for the program's thread. `lock` and the port of a message channel come from the other thread. */
export function noting(files, {lock, port}) {
  const alone = (call, note) => (...args) => {
    take(lock);
    try {
      const result = call(...args);
      port.postMessage(note(...args));
      return result;
    } finally {
      leave(lock);
    }
  };
  const gone = (...paths) => ({gone: paths}), made = path => ({made: path}), openNew = alone(files.open, made);
  return {...files,
    open: (path, how) => how.exclusive ? openNew(path, how) : files.open(path, how),
    makeFolder: alone(files.makeFolder, made),
    remove: alone(files.remove, gone),
    removeFolder: alone(files.removeFolder, gone),
    rename: alone(files.rename, gone)};
}

export class Unfinished {
  lock = new Int32Array(new SharedArrayBuffer(4));

  /* Removes them. The program can make no more: the lock is not left. */
  removeAll(port) {
    const paths = new Set();
    take(this.lock);
    for (let next = receiveMessageOnPort(port); next; next = receiveMessageOnPort(port)) {
      const {made, gone = []} = next.message;
      if (made)
        paths.add(made);
      gone.forEach(path => paths.delete(path));
    }
    for (const path of [...paths].reverse())
      try {
        fs.rmSync(toHost(path));
      } catch {
        try {
          fs.rmdirSync(toHost(path));
        } catch {
          // somebody else was faster
        }
      }
  }
}
