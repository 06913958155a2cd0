// SPDX-License-Identifier: MIT
// A Raspberry Pi Pico: RP2040, flash, USB with a host that opens the serial port, reset and watchdog. What it counts:
// instructions and cycles of each core, for how long interrupts were masked and from where, and laps: the firmware marks one
// by a store to the watchdog's SCRATCH0, which nothing else uses.
//
// Flash has no wait states here, so cycles of code that runs from flash are the least that it takes.
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {BootRom} from './bootrom.mjs';
import {Cores} from './cores.mjs';

const library = file => import(pathToFileURL(join(process.env.HS_MODULES, 'rp2040js', 'dist', 'esm', file)).href);
const {RP2040, USBCDC, ConsoleLogger, LogLevel} = await library('index.js');
const {CortexM0Core} = await library('cortex-m0-core.js');

const FLASH = 0x10000000, WATCHDOG = 0x40058, SCRATCH0 = 0x0c;
const CHIP_RESETS = 0x40064, CHIP_RESET = 0x08, HAD_POWER_ON = 1 << 8, HAD_RUN_PIN = 1 << 16;
const HZ = 125e6, NANOS = 1e9 / HZ;
const SLEEP_STEP = 4;             // cycles that a sleeping core passes at a time while the other one runs
const HOST_BUFFER = 400;          // bytes that the host hands to its USB controller at most
const IDLE_NANOS = 20e6;          // emulated time that may pass in one turn while both cores sleep

const rom = new BootRom();

export class Board {
  onSerial = () => {};
  onReset = () => {};

  // seed: core 1 stumbles now and then, at moments that it chooses. noise: SRAM is not empty at power-on.
  constructor(image, {seed = 0, noise = false} = {}) {
    this.image = image;
    this.random = seed >>> 0;
    this.resets = 0;
    this.toSend = [];
    this.powerOn(noise);
  }

  // ---- power and resets ----

  powerOn(noise = false) {
    this.chipReset = HAD_POWER_ON;
    this.build();
    this.mcu.flash.set(this.image, 0);
    if (noise)
      for (let i = 0; i < this.mcu.sram.length; i++)
        this.mcu.sram[i] = Math.imul(i, 2654435761) >>> 13;
    this.clearCounts();
  }

  // As the RP2040 has it, a power-on; but SRAM stays, except for one bit in so many bytes (0: all stays).
  brownout(every = 0) {
    for (let i = every; every && i < this.mcu.sram.length; i += every)
      this.mcu.sram[i] ^= 1 << (i & 7);
    this.chipReset = HAD_POWER_ON;
    this.restart();
  }

  // The RUN pin (no reason) or the watchdog: SRAM and flash stay, and of a watchdog's reset its own registers.
  reset(watchdog = null) {
    if (!watchdog)
      this.chipReset = HAD_RUN_PIN;
    this.restart(watchdog);
  }

  restart(watchdog = null) {
    const {sram, flash} = this.mcu;
    this.build();
    this.mcu.sram.set(sram);
    this.mcu.flash.set(flash);
    if (watchdog) {
      this.watchdog.scratchData.set(watchdog.scratchData);
      this.watchdog.reason = watchdog.reason;
    }
    this.resets++;
    this.onReset();
  }

  build() {
    const mcu = this.mcu = new RP2040();
    mcu.loadBootrom(rom.image);
    mcu.logger = new ConsoleLogger(LogLevel.Error);
    mcu.onBreak = code => { throw new Error(`breakpoint ${code} at ${mcu.core.PC.toString(16)}`); };
    this.clock = mcu.clock;
    this.cores = new Cores(mcu, CortexM0Core);
    this.lag = 0;
    this.attachWatchdog();
    this.attachChipReset();
    this.attachUsb();
    mcu.core.PC = FLASH;
  }

  attachWatchdog() {
    const watchdog = this.watchdog = this.mcu.peripherals[WATCHDOG], write = watchdog.writeUint32.bind(watchdog);
    watchdog.writeUint32 = (offset, value) => {
      write(offset, value);
      if (offset === SCRATCH0)
        this.laps.push({lap: value >>> 0, ...this.counts()});
    };
    watchdog.onWatchdogTrigger = () => {
      watchdog.timer.enable = false;  // its alarm would come again at once
      this.bitten = watchdog;
    };
    this.bitten = null;
  }

  attachChipReset() {
    const resets = this.mcu.peripherals[CHIP_RESETS], read = resets.readUint32.bind(resets);
    resets.readUint32 = offset => offset === CHIP_RESET ? this.chipReset : read(offset);
  }

  attachUsb() {
    const usb = this.usb = new USBCDC(this.mcu.usbCtrl);
    this.connected = false;
    usb.onSerialData = bytes => this.onSerial(bytes);
    usb.onDeviceConnected = () => { this.connected = true; };
  }

  send(bytes) { this.toSend.push(...bytes); }

  feed() {
    while (this.connected && this.toSend.length && this.usb.txFIFO.itemCount < HOST_BUFFER)
      this.usb.sendSerialByte(this.toSend.shift());
  }

  // ---- counting ----

  // watch: an address; how often either core executes its instruction is counted, too.
  clearCounts(watch = null) {
    this.watch = watch;
    this.watched = 0;
    this.count = [{instructions: 0, cycles: 0}, {instructions: 0, cycles: 0}];
    this.open = [null, null];
    this.masked = new Map();          // address of the instruction that masked: {times, cycles, longest}
    this.laps = [];
  }

  counts() {
    return {cores: this.count.map(c => ({...c})), micros: this.clock.micros, watched: this.watched};
  }

  report() {
    return {...this.counts(), resets: this.resets, launches: this.cores.launches, laps: this.laps,
            masked: [...this.masked].map(([pc, m]) => ({pc, ...m}))};
  }

  countMasked(k, pc, cycles) {
    const open = this.open[k] ??= {pc, cycles: 0};
    open.cycles += cycles;
    if (this.cores.core[k].PM)
      return;
    const m = this.masked.get(open.pc) ?? {times: 0, cycles: 0, longest: 0};
    m.times++;
    m.cycles += open.cycles;
    m.longest = Math.max(m.longest, open.cycles);
    this.masked.set(open.pc, m);
    this.open[k] = null;
  }

  // ---- running ----

  step(k) {
    const core = this.cores.core[k], pc = core.registers[15];
    this.cores.current = k;
    this.mcu.core = core;
    if (pc < BootRom.SIZE)
      rom.run(core.registers, this.mcu);
    const cycles = core.executeInstruction();
    if (pc === this.watch)
      this.watched++;
    this.count[k].instructions++;
    this.count[k].cycles += cycles;
    if (core.PM || this.open[k])
      this.countMasked(k, pc, cycles);
    return cycles;
  }

  stumble() {
    this.random ^= this.random << 13;
    this.random ^= this.random >>> 17;
    this.random ^= this.random << 5;
    return (this.random & 0x3ff) === 0 ? -(this.random >>> 20 & 0x1ff) : 0;
  }

  // Core 1 follows core 0 through as many cycles.
  runCore1(cycles) {
    this.lag += cycles + (this.random ? this.stumble() : 0);
    while (this.lag > 0 && this.cores.running1 && !this.cores.core[1].waiting)
      this.lag -= this.step(1);
    if (!this.cores.running1 || this.cores.core[1].waiting)
      this.lag = Math.min(this.lag, 0);
    this.cores.current = 0;
    this.mcu.core = this.cores.core[0];
  }

  get asleep() {
    const [core0, core1] = this.cores.core;
    return core0.waiting && (!this.cores.running1 || core1.waiting);
  }

  // Runs for so many steps of core 0, or until both cores have slept for a while. Returns whether they sleep.
  run(steps) {
    this.feed();
    let slept = 0;
    for (; steps > 0 && slept < IDLE_NANOS; steps--) {
      if (this.asleep) {
        const nanos = Math.min(Math.max(this.clock.nanosToNextAlarm, 1000), IDLE_NANOS);
        this.clock.tick(nanos);
        slept += nanos;
      } else {
        const cycles = this.cores.core[0].waiting ? SLEEP_STEP : this.step(0);
        if (this.cores.running1)
          this.runCore1(cycles);
        this.clock.tick(cycles * NANOS);
      }
      if (this.bitten)
        this.reset(this.bitten);
    }
    return slept >= IDLE_NANOS;
  }
}
