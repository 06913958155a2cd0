// SPDX-License-Identifier: MIT
// The computer's own files for wasi.mjs, under Node. On Windows the folder C:\a is the path /C:/a.
import fs from 'node:fs';
import {KIND, failure} from './wasi.mjs';

const WINDOWS = process.platform === 'win32';

export function toHost(path, windows = WINDOWS) {
  if (!windows)
    return path;
  return /^\/[A-Za-z]:$/.test(path) ? path.slice(1) + '/' : /^\/[A-Za-z]:\//.test(path) ? path.slice(1) : path;
}

export function toGuest(path, windows = WINDOWS) {
  if (!windows)
    return path;
  const slashes = path.replaceAll('\\', '/');
  return /^[A-Za-z]:\//.test(slashes) ? '/' + slashes : slashes;
}

/* An argument, whose path may follow the name of an option. Other arguments stay as they are. */
export function argumentToGuest(argument, windows = WINDOWS) {
  if (!windows)
    return argument;
  const [, option, value] = /^(--[a-z-]+=)?(.*)$/s.exec(argument);
  return /^[A-Za-z]:[\\/]/.test(value) || /^\.{0,2}\\|^[^\\]+\\/.test(value) ? (option ?? '') + toGuest(value, true) : argument;
}

function kindOf(stat) {
  return stat.isFile() ? KIND.file : stat.isDirectory() ? KIND.folder : stat.isSymbolicLink() ? KIND.link
    : stat.isCharacterDevice() ? KIND.device : KIND.unknown;
}

/* The program knows no number of its own: its open files are in /proc/self. */
const ownFolder = path => path.startsWith(`/proc/${process.pid}/`) ? path.replace(/^\/proc\/\d+/, '/proc/self') : path;

function describe(stat) {
  return {dev: stat.dev, ino: stat.ino, kind: kindOf(stat), links: stat.nlink, size: stat.size, time: stat.mtimeNs};
}

class HostFile {
  // Standard output may be a file to append to: it is never written at a position of ours.
  constructor(fd, path) {
    this.fd = fd;
    this.path = path;
    this.stream = fd === 1 || fd === 2 || !fs.fstatSync(fd).isFile();
  }

  // An empty pipe that does not block has nothing yet; the end of one is an error on Windows.
  read(bytes, position) {
    for (;;)
      try {
        return fs.readSync(this.fd, bytes, 0, bytes.length, position);
      } catch (error) {
        if (error.code === 'EOF')
          return 0;
        if (error.code !== 'EAGAIN')
          throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      }
  }

  write(bytes, position) {
    for (;;)
      try {
        return fs.writeSync(this.fd, bytes, 0, bytes.length, position);
      } catch (error) {
        if (error.code !== 'EAGAIN')
          throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
      }
  }

  stat() {
    return describe(fs.fstatSync(this.fd, {bigint: true}));
  }

  resize(size) {
    fs.ftruncateSync(this.fd, size);
  }

  close() {
    if (this.fd > 2)
      fs.closeSync(this.fd);
  }
}

const temporary = new Set(); // files that the program has made under names of its own

/* A temporary file gets the mode and owner of the file that it replaces, or the mode of a new one. */
function takeMode(from, to) {
  const old = fs.statSync(to, {throwIfNoEntry: false}), steps = [() => fs.chmodSync(from, old ? old.mode & 0o7777 : 0o666 & ~process.umask())];
  if (old)
    steps.unshift(() => fs.chownSync(from, old.uid, old.gid));
  for (const step of steps)
    try {
      step();
    } catch {
      // it stays as it is
    }
}

export const hostFiles = {
  open(path, {read, write, create, exclusive, truncate, wait}) {
    const {O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_NONBLOCK = 0} = fs.constants;
    const flags = (write ? read ? O_RDWR : O_WRONLY : O_RDONLY) | (create ? O_CREAT : 0) | (exclusive ? O_EXCL : 0) | (truncate ? O_TRUNC : 0)
      | (wait ? 0 : O_NONBLOCK);
    const file = new HostFile(fs.openSync(toHost(path), flags, exclusive ? 0o600 : 0o666), path);
    if (exclusive)
      temporary.add(path);
    return file;
  },
  stat: (path, follow) => describe((follow ? fs.statSync : fs.lstatSync)(toHost(path), {bigint: true})),
  list: path => fs.readdirSync(toHost(path)).sort(),
  readLink: path => toGuest(fs.readlinkSync(toHost(path))),
  realPath: path => toGuest(ownFolder(fs.realpathSync.native(toHost(path)))),
  makeFolder: path => fs.mkdirSync(toHost(path), 0o777),
  removeFolder: path => fs.rmdirSync(toHost(path)),
  remove: path => fs.unlinkSync(toHost(path)),
  rename(from, to) {
    if (temporary.delete(from) && !WINDOWS)
      takeMode(from, to);
    fs.renameSync(toHost(from), toHost(to));
  },
};

/* Descriptors 0, 1 and 2 of this process; one that is closed fails. */
export function hostStreams() {
  return [0, 1, 2].map(fd => {
    try {
      fs.fstatSync(fd);
      return new HostFile(fd, undefined);
    } catch {
      return closedStream;
    }
  });
}

const closedStream = {
  stream: true,
  read() {
    throw failure('EBADF');
  },
  write() {
    throw failure('EBADF');
  },
  stat: () => ({kind: KIND.unknown}),
  resize() {},
  close() {},
};
