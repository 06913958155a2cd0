// SPDX-License-Identifier: MIT
// A serial line as the program sees it: the file /dev/serial, which reads what the board sends and never waits by itself.
import {KIND, failure} from './wasi.mjs';

export class SerialLine {
  /* send(bytes) passes what the program writes on to the board. */
  constructor(send) {
    this.send = send;
    this.chunks = [];
    this.stream = true;
    this.ended = false;
  }

  /* What the board sent; the line takes the array. */
  take(bytes) {
    if (bytes.length)
      this.chunks.push(bytes);
    this.wake();
  }

  /* No more will come: the port was closed or unplugged. */
  end() {
    this.ended = true;
    this.wake();
  }

  wake() {
    this.resolve?.();
    this.resolve = this.promise = undefined;
  }

  get ready() {
    return this.chunks.length > 0 || this.ended;
  }

  /* Resolves when something may have become ready. */
  changed() {
    this.promise ??= new Promise(resolve => {
      this.resolve = resolve;
    });
    return this.promise;
  }

  read(bytes) {
    let done = 0;
    while (done < bytes.length && this.chunks.length) {
      const chunk = this.chunks[0], part = chunk.subarray(0, bytes.length - done);
      bytes.set(part, done);
      done += part.length;
      if (part.length === chunk.length)
        this.chunks.shift();
      else
        this.chunks[0] = chunk.subarray(part.length);
    }
    if (!done && !this.ended)
      throw failure('EAGAIN');
    return done;
  }

  write(bytes) {
    if (this.ended)
      throw failure('EIO');
    this.send(bytes.slice());
    return bytes.length;
  }

  stat() {
    return {kind: KIND.device};
  }

  resize() {
    throw failure('EINVAL');
  }

  close() {}
}
