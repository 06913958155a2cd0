// SPDX-License-Identifier: MIT
// A board for the page: a port that stands for the browser's, connected to MicroPython in QEMU. Nothing is imitated but the port itself.
import {spawn} from 'node:child_process';

export class Board {
  constructor(firmware) {
    this.child = spawn('qemu-system-arm', ['-M', 'mps2-an385', '-display', 'none', '-monitor', 'none', '-semihosting', '-serial', 'stdio',
      '-kernel', firmware], {stdio: ['pipe', 'pipe', 'ignore']});
    this.child.stdin.on('error', () => {}); // it was ended
    this.ended = new Promise(resolve => this.child.on('close', resolve));
    let printed = '';
    this.booted = new Promise(resolve => this.child.stdout.on('data', bytes => {
      printed += bytes;
      if (printed.includes('>>> '))
        resolve();
    }));
  }

  // Gives the page navigator.serial, before it is opened, once the board has begun: a busy machine takes long for that. What the board prints while no port is open is lost, as on a real one.
  async plugInto(page) {
    await Promise.race([this.booted, this.ended]);
    await page.exposeFunction('boardTakes', base64 => {
      this.child.stdin.write(Buffer.from(base64, 'base64'));
    });
    await page.addInitScript(() => {
      const of = bytes => btoa(String.fromCharCode(...bytes));
      const to = base64 => Uint8Array.from(atob(base64), c => c.charCodeAt(0));
      let out;
      const port = {
        opened: [],
        async open(options) {
          this.opened.push(options);
          this.readable = new ReadableStream({start: controller => {
            out = controller;
          }, cancel: () => {
            out = undefined;
          }});
          this.writable = new WritableStream({write: bytes => boardTakes(of(bytes))});
        },
        async close() {
          if (this.readable.locked || this.writable.locked)
            throw new TypeError('the streams are locked');
          out = this.readable = this.writable = undefined;
        },
      };
      globalThis.boardSends = base64 => out?.enqueue(to(base64));
      globalThis.unplugBoard = () => out?.error(new DOMException('The device has been lost.', 'NetworkError'));
      globalThis.fakePort = port;
      Object.defineProperty(navigator, 'serial', {value: {requestPort: async () => port}});
    });
    let last = Promise.resolve();
    this.child.stdout.on('data', bytes => {
      last = last.then(() => page.evaluate(text => boardSends(text), bytes.toString('base64'))).catch(() => {});
    });
  }

  async end() {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
