// SPDX-License-Identifier: MIT
// What a program for WASI preview 1 needs: arguments, variables, time, random numbers, standard streams, and files.
//
// Files are those of a file system, an object with
//   open(path, {read, write, create, exclusive, truncate})   returns a file
//   stat(path, follow)       {dev, ino, kind, links, size, time}: kind as below, time in nanoseconds; all but kind are BigInt
//   list(path)               names in a folder
//   readLink(path), realPath(path), makeFolder(path), removeFolder(path), remove(path), rename(from, to)
// A file has read(bytes, position), write(bytes, position), which return how many bytes, stat(), resize(size) and close(). A
// position of null is for what cannot seek: pipes and terminals, whose `stream` is true. Errors are exceptions whose `code` is a
// name such as ENOENT. Paths begin with /. A file that is not always ready to be read, a serial line, also has `ready` and changed(), a
// promise of a change of it.

export const KIND = {unknown: 0, device: 2, folder: 3, file: 4, socket: 6, link: 7};

const ERRORS = {E2BIG: 1, EACCES: 2, EAGAIN: 6, EBADF: 8, EBUSY: 10, EDQUOT: 19, EEXIST: 20, EFBIG: 22, EINTR: 27, EINVAL: 28, EIO: 29,
  EISDIR: 31, ELOOP: 32, EMFILE: 33, ENAMETOOLONG: 37, ENFILE: 41, ENODEV: 43, ENOENT: 44, ENOMEM: 48, ENOSPC: 51, ENOSYS: 52, ENOTDIR: 54,
  ENOTEMPTY: 55, ENOTSUP: 58, ENXIO: 60, EPERM: 63, EPIPE: 64, EROFS: 69, ESPIPE: 70, ETXTBSY: 74, EXDEV: 75};

export function failure(code) {
  return Object.assign(new Error(code), {code});
}

class Exit {
  constructor(status) {
    this.status = status;
  }
}

const SEEK = 4n, TELL = 32n, ALL_RIGHTS = (1n << 30n) - 1n;
const READ = 2n, WRITE = 64n;
const FIRST_FREE = 4; // after the standard streams and the root folder

function normalize(path) {
  const out = [];
  for (const part of path.split('/'))
    if (part === '..')
      out.pop();
    else if (part && part !== '.')
      out.push(part);
  return '/' + out.join('/');
}

// For names of temporary files and seeds of hash tables. Node 18 has no global crypto.
function fillRandomly(bytes) {
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Math.floor(Math.random() * 256);
}

class Program {
  constructor({args, env, files, streams}) {
    this.args = args.map(a => Program.text(a));
    this.env = Object.entries(env).map(([name, value]) => Program.text(`${name}=${value}`));
    this.files = files;
    this.open = streams.map(file => ({file, position: 0n, users: 1}));
    this.open[3] = {folder: '/', users: 1};
  }

  static text(string) {
    return new TextEncoder().encode(string + '\0');
  }

  get bytes() {
    if (this.seen !== this.memory.buffer) {
      this.seen = this.memory.buffer;
      this.all = new Uint8Array(this.seen);
      this.data = new DataView(this.seen);
    }
    return this.all;
  }

  get view() {
    return this.bytes && this.data;
  }

  of(fd) {
    const open = this.open[fd];
    if (!open)
      throw failure('EBADF');
    return open;
  }

  fileOf(fd) {
    const open = this.of(fd);
    if (!open.file)
      throw failure('EISDIR');
    return open;
  }

  add(open) {
    let fd = FIRST_FREE;
    while (this.open[fd])
      fd++;
    this.open[fd] = open;
    return fd;
  }

  drop(fd) {
    const open = this.of(fd);
    delete this.open[fd];
    if (!--open.users && open.file)
      open.file.close();
  }

  path(fd, at, length) {
    const name = new TextDecoder().decode(this.bytes.slice(at, at + length)), {folder} = this.of(fd);
    if (folder === undefined)
      throw failure('ENOTDIR');
    return normalize(folder + '/' + name);
  }

  // Calls each(bytes, position) for the buffers of a read or write until one is not filled.
  transfer(list, count, each) {
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const at = this.view.getUint32(list + 8 * i, true), length = this.view.getUint32(list + 8 * i + 4, true);
      const n = length ? each(this.bytes.subarray(at, at + length), sum) : 0;
      sum += n;
      if (n < length)
        break;
    }
    return sum;
  }

  move(fd, list, count, into, what) {
    const open = this.fileOf(fd), stream = open.file.stream;
    if (open.append && what === 'write')
      open.position = open.file.stat().size;
    const sum = this.transfer(list, count, (bytes, done) => open.file[what](bytes, stream ? null : Number(open.position) + done));
    open.position += BigInt(sum);
    this.view.setUint32(into, sum, true);
  }

  moveAt(fd, list, count, position, into, what) {
    const {file} = this.fileOf(fd);
    if (file.stream)
      throw failure('ESPIPE');
    this.view.setUint32(into, this.transfer(list, count, (bytes, done) => file[what](bytes, Number(position) + done)), true);
  }

  putStat(at, {dev = 0n, ino = 0n, kind, links = 1n, size = 0n, time = 0n}) {
    [dev, ino, BigInt(kind), links, size, time, time, time].forEach((value, i) => this.view.setBigUint64(at + 8 * i, value, true));
  }

  putList(list, pointers, text) {
    for (const [i, bytes] of list.entries()) {
      this.view.setUint32(pointers + 4 * i, text, true);
      this.bytes.set(bytes, text);
      text += bytes.length;
    }
  }

  putSizes(list, count, size) {
    this.view.setUint32(count, list.length, true);
    this.view.setUint32(size, list.reduce((sum, bytes) => sum + bytes.length, 0), true);
  }

  // /dev/fd/N is the open file itself, /proc/self/fd/N the same file once more.
  openByNumber(path) {
    const [, again, number] = /^\/(dev|proc\/self)\/fd\/(\d+)$/.exec(path) ?? [];
    if (number === undefined)
      return undefined;
    const open = this.fileOf(Number(number));
    if (again !== 'dev')
      return open.file.path === undefined ? failure('ENOENT') : {file: this.files.open(open.file.path, {read: true}), position: 0n, users: 1};
    open.users++;
    return open;
  }

  openPath(path, flags, rights, fdflags) {
    const how = {create: flags & 1, exclusive: flags & 4, truncate: flags & 8, read: Boolean(rights & READ), write: Boolean(rights & WRITE),
      wait: !(fdflags & 4)};
    const named = this.openByNumber(path);
    if (named instanceof Error)
      throw named;
    if (named)
      return named;
    let kind;
    try {
      ({kind} = this.files.stat(path, true));
    } catch (error) {
      if (error.code !== 'ENOENT' || !how.create)
        throw error;
    }
    if (kind === KIND.folder && !how.create)
      return {folder: path, users: 1};
    if (flags & 2)
      throw failure('ENOTDIR');
    return {file: this.files.open(path, how), position: 0n, append: Boolean(fdflags & 1), users: 1};
  }

  readFolder(fd, at, length, cookie, into) {
    const open = this.of(fd);
    if (open.folder === undefined)
      throw failure('ENOTDIR');
    open.names = cookie && open.names || ['.', '..', ...this.files.list(open.folder)];
    let used = 0;
    for (let i = Number(cookie); i < open.names.length && used < length; i++) {
      const name = new TextEncoder().encode(open.names[i]), entry = new Uint8Array(24 + name.length), view = new DataView(entry.buffer);
      const stat = i < 2 ? {kind: KIND.folder} : this.statOf(normalize(open.folder + '/' + open.names[i]));
      view.setBigUint64(0, BigInt(i + 1), true);
      view.setBigUint64(8, stat.ino ?? 0n, true);
      view.setUint32(16, name.length, true);
      view.setUint8(20, stat.kind);
      entry.set(name, 24);
      this.bytes.set(entry.subarray(0, length - used), at + used);
      used += Math.min(entry.length, length - used);
    }
    this.view.setUint32(into, used, true);
  }

  statOf(path) {
    try {
      return this.files.stat(path, false);
    } catch {
      return {kind: KIND.unknown};
    }
  }

  readLink(path) {
    return /^\/proc\/real(\/|$)/.test(path) ? this.files.realPath(path.slice('/proc/real'.length) || '/') : this.files.readLink(path);
  }

  // What the program waits for: a time of so many milliseconds, or (kind 1 and 2) a file to read from or write to.
  subscriptions(at, count) {
    return Array.from({length: count}, (_, i) => {
      const from = at + 48 * i, kind = this.view.getUint8(from + 8), user = this.view.getBigUint64(from, true);
      return kind ? {kind, user, open: this.fileOf(this.view.getUint32(from + 16, true))}
        : {kind, user, wait: Number(this.view.getBigUint64(from + 24, true)) / 1e6};
    });
  }

  putEvents(list, into) {
    for (const [i, {user, kind}] of list.entries()) {
      this.bytes.fill(0, into + 32 * i, into + 32 * (i + 1));
      this.view.setBigUint64(into + 32 * i, user, true);
      this.view.setUint8(into + 32 * i + 10, kind);
    }
  }

  // Waits for the first of the subscriptions.
  async wait(at, into, count, found) {
    const list = this.subscriptions(at, count), files = list.filter(s => s.kind), begun = performance.now();
    const ready = () => files.filter(s => s.kind === 2 || s.open.file.ready !== false);
    let events = ready(), timer;
    if (!events.length) {
      const least = Math.min(...list.filter(s => !s.kind).map(s => s.wait)), changes = files.map(s => s.open.file.changed());
      if (least < Infinity)
        changes.push(new Promise(resolve => {
          timer = setTimeout(resolve, Math.ceil(least));
        }));
      await Promise.race(changes);
      clearTimeout(timer);
      events = ready();
      if (!events.length)
        events = list.filter(s => !s.kind && s.wait <= performance.now() - begun + 1);
    }
    this.putEvents(events, into);
    this.view.setUint32(found, events.length, true);
    return 0;
  }

  // The functions that the program imports. Each returns nothing, or throws.
  functions() {
    const p = this;
    return {
      args_sizes_get: (count, size) => p.putSizes(p.args, count, size),
      args_get: (pointers, text) => p.putList(p.args, pointers, text),
      environ_sizes_get: (count, size) => p.putSizes(p.env, count, size),
      environ_get: (pointers, text) => p.putList(p.env, pointers, text),
      clock_res_get: (clock, into) => p.view.setBigUint64(into, 1000n, true),
      clock_time_get: (clock, precision, into) =>
        p.view.setBigUint64(into, clock ? BigInt(Math.round(performance.now() * 1e6)) : BigInt(Date.now()) * 1000000n, true),
      random_get: (at, length) => fillRandomly(p.bytes.subarray(at, at + length)),
      sched_yield: () => {},
      proc_exit: status => {
        throw new Exit(status);
      },
      poll_oneoff: () => {
        throw failure('ENOSYS');
      },
      fd_prestat_get: (fd, into) => {
        if (fd !== 3)
          throw failure('EBADF');
        p.view.setUint32(into, 0, true);
        p.view.setUint32(into + 4, 1, true);
      },
      fd_prestat_dir_name: (fd, at) => {
        p.bytes[at] = 47; // '/'
      },
      fd_fdstat_get: (fd, into) => {
        const open = p.of(fd), stream = open.file?.stream;
        p.view.setUint8(into, open.file ? open.file.stat().kind : KIND.folder);
        p.view.setUint16(into + 2, open.append ? 1 : 0, true);
        p.view.setBigUint64(into + 8, stream ? ALL_RIGHTS & ~(SEEK | TELL) : ALL_RIGHTS, true);
        p.view.setBigUint64(into + 16, ALL_RIGHTS, true);
      },
      fd_fdstat_set_flags: (fd, flags) => {
        p.of(fd).append = Boolean(flags & 1);
      },
      fd_filestat_get: (fd, into) => {
        const open = p.of(fd);
        p.putStat(into, open.file ? open.file.stat() : p.files.stat(open.folder, true));
      },
      fd_filestat_set_size: (fd, size) => p.fileOf(fd).file.resize(Number(size)),
      fd_filestat_set_times: () => {},
      fd_allocate: (fd, offset, length) => {
        const {file} = p.fileOf(fd), end = offset + length;
        if (file.stat().size < end)
          file.resize(Number(end));
      },
      fd_advise: () => {},
      fd_sync: () => {},
      fd_datasync: () => {},
      fd_close: fd => p.drop(fd),
      fd_renumber: (from, to) => {
        const open = p.of(from);
        if (p.open[to])
          p.drop(to);
        p.open[to] = open;
        delete p.open[from];
      },
      fd_read: (fd, list, count, into) => p.move(fd, list, count, into, 'read'),
      fd_write: (fd, list, count, into) => p.move(fd, list, count, into, 'write'),
      fd_pread: (fd, list, count, position, into) => p.moveAt(fd, list, count, position, into, 'read'),
      fd_pwrite: (fd, list, count, position, into) => p.moveAt(fd, list, count, position, into, 'write'),
      fd_seek: (fd, offset, whence, into) => {
        const open = p.fileOf(fd);
        if (open.file.stream)
          throw failure('ESPIPE');
        const to = offset + [0n, open.position, open.file.stat().size][whence];
        if (to < 0n)
          throw failure('EINVAL');
        open.position = to;
        p.view.setBigUint64(into, to, true);
      },
      fd_tell: (fd, into) => p.view.setBigUint64(into, p.fileOf(fd).position, true),
      fd_readdir: (fd, at, length, cookie, into) => p.readFolder(fd, at, length, cookie, into),
      path_open: (fd, look, at, length, flags, rights, inherited, fdflags, into) =>
        p.view.setUint32(into, p.add(p.openPath(p.path(fd, at, length), flags, rights, fdflags)), true),
      path_filestat_get: (fd, look, at, length, into) => {
        const path = p.path(fd, at, length), [, number] = /^\/(?:dev|proc\/self)\/fd\/(\d+)$/.exec(path) ?? [];
        p.putStat(into, number === undefined ? p.files.stat(path, Boolean(look & 1)) : p.fileOf(Number(number)).file.stat());
      },
      path_filestat_set_times: () => {},
      path_readlink: (fd, at, length, to, room, into) => {
        const text = new TextEncoder().encode(p.readLink(p.path(fd, at, length))).subarray(0, room);
        p.bytes.set(text, to);
        p.view.setUint32(into, text.length, true);
      },
      path_create_directory: (fd, at, length) => p.files.makeFolder(p.path(fd, at, length)),
      path_remove_directory: (fd, at, length) => p.files.removeFolder(p.path(fd, at, length)),
      path_unlink_file: (fd, at, length) => p.files.remove(p.path(fd, at, length)),
      path_rename: (fd, at, length, to, toAt, toLength) => p.files.rename(p.path(fd, at, length), p.path(to, toAt, toLength)),
      path_symlink: () => {
        throw failure('ENOSYS');
      },
      path_link: () => {
        throw failure('ENOSYS');
      },
    };
  }

  // The same as WASI wants them: numbers for errors.
  imports() {
    return Object.fromEntries(Object.entries(this.functions()).map(([name, call]) => [name, (...args) => {
      try {
        call(...args);
        return 0;
      } catch (error) {
        if (error instanceof Exit)
          throw error;
        if (error.code === undefined)
          throw error;
        return ERRORS[error.code] ?? ERRORS.EIO;
      }
    }]));
  }
}

const statusOf = error => {
  if (error instanceof Exit)
    return error.status;
  throw error;
};

/* Whether programs can wait here: WebAssembly's JavaScript Promise Integration. Chromium has it from version 137. */
export const canWait = () => typeof WebAssembly.Suspending === 'function';

/* Runs a program that waits for a file or a time. Promises its exit status. begun(exports) is called before it starts. */
export async function runWaitingProgram(module, settings, begun) {
  const program = new Program(settings), imports = program.imports();
  imports.poll_oneoff = new WebAssembly.Suspending((...args) => program.wait(...args));
  const {exports} = new WebAssembly.Instance(module, {wasi_snapshot_preview1: imports});
  program.memory = exports.memory;
  begun(exports);
  return WebAssembly.promising(exports._start)().then(() => 0, statusOf);
}

/* Runs a compiled program to its end and returns its exit status.
   settings: {args, env, files, streams}; streams are the files of descriptors 0, 1 and 2. */
export function runProgram(module, settings) {
  const program = new Program(settings);
  const instance = new WebAssembly.Instance(module, {wasi_snapshot_preview1: program.imports()});
  program.memory = instance.exports.memory;
  try {
    instance.exports._start();
    return 0;
  } catch (error) {
    return statusOf(error);
  }
}
