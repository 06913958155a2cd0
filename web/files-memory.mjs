// SPDX-License-Identifier: MIT
// Files in memory for wasi.mjs: those of a page in a browser, or of a caller of the library who wants none of the computer's.
import {KIND, failure} from './wasi.mjs';

class MemoryFile {
  constructor(node, path) {
    this.node = node;
    this.path = path;
    this.stream = false;
  }

  read(bytes, position) {
    const part = this.node.bytes.subarray(position, Math.min(position + bytes.length, this.node.size));
    bytes.set(part);
    return part.length;
  }

  write(bytes, position) {
    this.reserve(position + bytes.length);
    this.node.bytes.set(bytes, position);
    this.node.size = Math.max(this.node.size, position + bytes.length);
    return bytes.length;
  }

  reserve(size) {
    if (size <= this.node.bytes.length)
      return;
    const more = new Uint8Array(Math.max(size, 2 * this.node.bytes.length, 4096));
    more.set(this.node.bytes.subarray(0, this.node.size));
    this.node.bytes = more;
  }

  stat() {
    return {dev: 1n, ino: this.node.number, kind: KIND.file, size: BigInt(this.node.size)};
  }

  resize(size) {
    this.reserve(size);
    this.node.bytes.fill(0, Math.min(size, this.node.size));
    this.node.size = size;
  }

  close() {}
}

/* A file system with these contents: {'/name': Uint8Array}. The folders in their names are made. */
export class MemoryFiles {
  constructor(contents = {}) {
    this.nodes = new Map([['/', {folder: true, number: 1n}], ['/tmp', {folder: true, number: 2n}]]);
    this.number = 3n;
    for (const [path, bytes] of Object.entries(contents)) {
      for (let end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1))
        if (!this.nodes.has(path.slice(0, end)))
          this.makeFolder(path.slice(0, end));
      this.nodes.set(path, {bytes, size: bytes.length, number: this.number++});
    }
  }

  /* A file that is no memory, but an object with a file's functions. */
  addDevice(path, device) {
    this.nodes.set(path, {device});
  }

  /* The contents of a file, or undefined. */
  contents(path) {
    const node = this.nodes.get(path);
    return node?.bytes?.subarray(0, node.size);
  }

  get(path) {
    const node = this.nodes.get(path);
    if (!node)
      throw failure('ENOENT');
    return node;
  }

  folderOf(path) {
    if (!this.get(path.slice(0, path.lastIndexOf('/')) || '/').folder)
      throw failure('ENOTDIR');
  }

  open(path, {create, exclusive, truncate}) {
    let node = this.nodes.get(path);
    if (node && exclusive)
      throw failure('EEXIST');
    if (node?.folder)
      throw failure('EISDIR');
    if (node?.device)
      return node.device;
    if (!node && !create)
      throw failure('ENOENT');
    if (!node) {
      this.folderOf(path);
      this.nodes.set(path, node = {bytes: new Uint8Array(0), size: 0, number: this.number++});
    }
    if (truncate)
      node.size = 0;
    return new MemoryFile(node, path);
  }

  stat(path) {
    const node = this.get(path);
    if (node.device)
      return node.device.stat();
    return node.folder ? {dev: 1n, ino: node.number, kind: KIND.folder} : new MemoryFile(node, path).stat();
  }

  list(path) {
    const start = path === '/' ? '/' : path + '/';
    return [...this.nodes.keys()].filter(p => p !== '/' && p.startsWith(start) && !p.slice(start.length).includes('/'))
      .map(p => p.slice(start.length)).sort();
  }

  readLink(path) {
    this.get(path);
    throw failure('EINVAL');
  }

  realPath(path) {
    this.get(path);
    return path;
  }

  makeFolder(path) {
    if (this.nodes.has(path))
      throw failure('EEXIST');
    this.folderOf(path);
    this.nodes.set(path, {folder: true, number: this.number++});
  }

  removeFolder(path) {
    if (!this.get(path).folder)
      throw failure('ENOTDIR');
    if (this.list(path).length)
      throw failure('ENOTEMPTY');
    this.nodes.delete(path);
  }

  remove(path) {
    if (this.get(path).folder)
      throw failure('EISDIR');
    this.nodes.delete(path);
  }

  rename(from, to) {
    const node = this.get(from);
    this.folderOf(to);
    this.nodes.delete(from);
    this.nodes.set(to, node);
  }
}

/* A standard stream: what is read from it, and what was written to it, as chunks. `each` sees every chunk. */
export class MemoryStream {
  constructor(input = new Uint8Array(0), each = () => {}) {
    this.input = input;
    this.each = each;
    this.chunks = [];
    this.stream = true;
  }

  read(bytes) {
    const part = this.input.subarray(0, bytes.length);
    bytes.set(part);
    this.input = this.input.subarray(part.length);
    return part.length;
  }

  write(bytes) {
    const copy = bytes.slice();
    this.chunks.push(copy);
    this.each(copy);
    return bytes.length;
  }

  /* All that was written. */
  get written() {
    const all = new Uint8Array(this.chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of this.chunks) {
      all.set(chunk, at);
      at += chunk.length;
    }
    return all;
  }

  stat() {
    return {kind: KIND.unknown};
  }

  resize() {
    throw failure('EINVAL');
  }

  close() {}
}
