// SPDX-License-Identifier: MIT
// Both cores of an RP2040 on rp2040js, which has one: a second core with its own divider, the FIFOs between the two, events,
// and what the boot ROM does to start core 1 (data sheet, 2.3.1.4 and 2.8.2).
import {BootRom} from './bootrom.mjs';

const CPUID = 0x00, FIFO_ST = 0x50, FIFO_WR = 0x54, FIFO_RD = 0x58;
const PER_CORE = {from: 0x60, to: 0x100};   // divider and interpolators
const FIFO_WORDS = 8, FIFO_IRQ = 15;
const PSM = 0x40010, PROC1 = 1 << 16;
const LAUNCH = [0, 0, 1];                   // then the vectors, the stack and the entry

class Fifo {
  constructor() { this.words = []; this.overflowed = this.underflowed = false; }
  get failed() { return this.overflowed || this.underflowed; }
  push(word) {
    if (this.words.length < FIFO_WORDS)
      this.words.push(word >>> 0);
    else
      this.overflowed = true;
  }
  pull() {
    if (!this.words.length)
      this.underflowed = true;
    return this.words.shift() ?? 0;
  }
}

export class Cores {
  // `current` is whose instruction is executed.
  constructor(mcu, Core) {
    this.mcu = mcu;
    this.Core = Core;
    this.core = [mcu.core, new Core(mcu)];
    this.inbox = [new Fifo(), new Fifo()];
    this.current = 0;
    this.running1 = false;
    this.launches = 0;
    this.asked = [];                        // what core 0 has sent of a launch
    this.share();
    this.attachSio();
    this.attachReset();
  }

  // Interrupts reach both cores; each enables its own.
  share() {
    this.mcu.setInterrupt = (irq, level) => this.core.forEach(core => core.setInterrupt(irq, level));
    const log = this.mcu.logger;
    this.mcu.logger = {
      debug() {},
      info: (_, text) => { if (text === 'SEV') this.wakeAll(); },
      warn: (name, text) => log.warn(name, text),
      error: (name, text) => log.error(name, text),
    };
  }

  wakeAll() {
    for (const core of this.core) {
      if (core.waiting)
        core.waiting = false;
      else
        core.eventRegistered = true;
    }
  }

  signal(k) {
    this.core[k].setInterrupt(FIFO_IRQ + k, this.inbox[k].words.length > 0 || this.inbox[k].failed);
  }

  // ---- SIO ----

  attachSio() {
    const sio = this.mcu.sio, sio1 = new sio.constructor(this.mcu);
    const read = sio.readUint32.bind(sio), write = sio.writeUint32.bind(sio);
    const isOfCore1 = offset => this.current === 1 && offset >= PER_CORE.from && offset < PER_CORE.to;
    sio.readUint32 = offset => {
      switch (offset) {
        case CPUID: return this.current;
        case FIFO_ST: return this.status();
        case FIFO_RD: return this.receive();
      }
      return isOfCore1(offset) ? sio1.readUint32(offset) : read(offset);
    };
    sio.writeUint32 = (offset, value) => {
      switch (offset) {
        case FIFO_ST: return this.clearStatus();
        case FIFO_WR: return this.send(value);
      }
      return isOfCore1(offset) ? sio1.writeUint32(offset, value) : write(offset, value);
    };
  }

  status() {
    const mine = this.inbox[this.current], other = this.inbox[1 - this.current];
    return (mine.words.length ? 1 : 0) | (other.words.length < FIFO_WORDS ? 2 : 0) |
           (other.overflowed ? 4 : 0) | (mine.underflowed ? 8 : 0);
  }

  clearStatus() {
    this.inbox[1 - this.current].overflowed = this.inbox[this.current].underflowed = false;
    this.signal(this.current);
  }

  receive() {
    const word = this.inbox[this.current].pull();
    this.signal(this.current);
    return word;
  }

  send(word) {
    const to = 1 - this.current;
    if (to === 1 && !this.running1)
      return this.answerLaunch(word >>> 0);
    this.inbox[to].push(word);
    this.signal(to);
  }

  // ---- starting and stopping core 1 ----

  // The boot ROM echoes each word that it expected, and answers 0 to any other.
  answerLaunch(word) {
    const expected = LAUNCH[this.asked.length] ?? word;
    this.asked = word === expected ? [...this.asked, word] : word === 0 ? [0] : [];
    this.inbox[0].push(word === expected || word === 0 ? word : 0);
    this.signal(0);
    this.wakeAll();
    if (this.asked.length === LAUNCH.length + 3)
      this.launch(...this.asked.slice(LAUNCH.length));
  }

  launch(vectors, stack, entry) {
    const core = this.core[1];
    Object.assign(core, new this.Core(this.mcu));
    core.VTOR = vectors;
    core.registers[13] = stack;
    core.registers[14] = BootRom.PARKED | 1;
    core.registers[15] = (entry & ~1) >>> 0;
    this.asked = [];
    this.running1 = true;
    this.launches++;
  }

  stop1() {
    this.running1 = false;
    this.asked = [];
    this.inbox[1] = new Fifo();
  }

  // Out of reset core 1 sends a 0.
  ready1() {
    this.inbox[0] = new Fifo();
    this.inbox[0].push(0);
    this.signal(0);
  }

  attachReset() {
    const psm = this.mcu.peripherals[PSM], write = psm.writeUint32.bind(psm);
    psm.writeUint32 = (offset, value) => {
      const before = psm.frceOff & PROC1;
      write(offset, value);
      const now = psm.frceOff & PROC1;
      if (now && !before)
        this.stop1();
      if (!now && before)
        this.ready1();
    };
  }
}
