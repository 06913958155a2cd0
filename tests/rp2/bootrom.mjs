// SPDX-License-Identifier: MIT
// A boot ROM for the emulated RP2040: what the SDK finds in the real one by name (data sheet, 2.8.3), as traps. The ROM
// itself holds the tables and a `bx lr` for each function; when the core comes to one, run() does in JavaScript what the
// function is for, and the core returns.

const SIZE = 0x4000, BX_LR = 0x4770, WFE_AND_AGAIN = 0xe7fdbf20;
const FUNCTIONS_AT = 0x100, DATA_AT = 0x200, FLOATS_AT = 0x400, CODE_AT = 0x1000, PARKED_AT = 0x3f00;

// ---- numbers in registers ----

const bytes = new DataView(new ArrayBuffer(8));

// How a float or a double is held in the registers from r[i] on.
const single = {
  words: 1,
  get(r, i) { bytes.setUint32(0, r[i]); return bytes.getFloat32(0); },
  put(r, x) { bytes.setFloat32(0, x); r[0] = bytes.getUint32(0); },
};
const double = {
  words: 2,
  get(r, i) { bytes.setUint32(0, r[i + 1]); bytes.setUint32(4, r[i]); return bytes.getFloat64(0); },
  put(r, x) { bytes.setFloat64(0, x); r[1] = bytes.getUint32(0); r[0] = bytes.getUint32(4); },
};

const INT = {least: -(2 ** 31), most: 2 ** 31 - 1}, UINT = {least: 0, most: 2 ** 32 - 1};
const INT64 = {least: -(1n << 63n), most: (1n << 63n) - 1n}, UINT64 = {least: 0n, most: (1n << 64n) - 1n};

function whole(x, {least, most}) {
  return Number.isNaN(x) ? 0 : Math.floor(Math.min(Math.max(x, least), most));
}

function wholeBig(x, {least, most}) {
  if (Number.isNaN(x))
    return 0n;
  if (!Number.isFinite(x))
    return x < 0 ? least : most;
  const n = BigInt(Math.floor(x));
  return n < least ? least : n > most ? most : n;
}

const big = r => BigInt(r[0]) | BigInt(r[1]) << 32n;

function putBig(r, n) {
  r[0] = Number(n & 0xffffffffn);
  r[1] = Number(n >> 32n & 0xffffffffn);
}

// The table of one kind of number, by offset. `other` converts to the other kind.
function arithmetic(kind, other) {
  const {get, put, words} = kind;
  const one = f => r => put(r, f(get(r, 0)));
  const two = f => r => put(r, f(get(r, 0), get(r, words)));
  const scaled = r => get(r, 0) * 2 ** (r[words] | 0);
  return new Map([
    [0x00, two((a, b) => a + b)],
    [0x04, two((a, b) => a - b)],
    [0x08, two((a, b) => a * b)],
    [0x0c, two((a, b) => a / b)],
    [0x18, one(Math.sqrt)],
    [0x1c, r => { r[0] = whole(get(r, 0), INT); }],
    [0x20, r => { r[0] = whole(scaled(r), INT); }],
    [0x24, r => { r[0] = whole(get(r, 0), UINT); }],
    [0x28, r => { r[0] = whole(scaled(r), UINT); }],
    [0x2c, r => put(r, r[0] | 0)],
    [0x30, r => put(r, (r[0] | 0) / 2 ** (r[1] | 0))],
    [0x34, r => put(r, r[0])],
    [0x38, r => put(r, r[0] / 2 ** (r[1] | 0))],
    [0x3c, one(Math.cos)],
    [0x40, one(Math.sin)],
    [0x44, one(Math.tan)],
    [0x4c, one(Math.exp)],
    [0x50, one(Math.log)],
    [0x54, r => { r[0] = Math.sign(get(r, 0) - get(r, words)); }],
    [0x58, two(Math.atan2)],
    [0x5c, r => put(r, Number(BigInt.asIntN(64, big(r))))],
    [0x60, r => put(r, Number(BigInt.asIntN(64, big(r))) / 2 ** (r[2] | 0))],
    [0x64, r => put(r, Number(big(r)))],
    [0x68, r => put(r, Number(big(r)) / 2 ** (r[2] | 0))],
    [0x6c, r => putBig(r, wholeBig(get(r, 0), INT64))],
    [0x70, r => putBig(r, wholeBig(scaled(r), INT64))],
    [0x74, r => putBig(r, wholeBig(get(r, 0), UINT64))],
    [0x78, r => putBig(r, wholeBig(scaled(r), UINT64))],
    [0x7c, r => other.put(r, get(r, 0))],
  ]);
}

// ---- functions ----

function reversed(x) {
  let y = 0;
  for (let i = 0; i < 32; i++)
    y = y << 1 | x >>> i & 1;
  return y >>> 0;
}

function population(x) {
  let n = 0;
  for (; x; x &= x - 1)
    n++;
  return n;
}

function fill(r, mcu) {
  for (let i = 0; i < r[2]; i++)
    mcu.writeUint8(r[0] + i, r[1] & 0xff);
}

function copy(r, mcu) {
  for (let i = 0; i < r[2]; i++)
    mcu.writeUint8(r[0] + i, mcu.readUint8(r[1] + i));
}

function program(r, mcu) {  // flash: bits only become 0
  for (let i = 0; i < r[2]; i++)
    mcu.flash[r[0] + i] &= mcu.readUint8(r[1] + i);
}

const nothing = () => {};
const FUNCTIONS = {
  P3: r => { r[0] = population(r[0]); },
  R3: r => { r[0] = reversed(r[0]); },
  L3: r => { r[0] = Math.clz32(r[0]); },
  T3: r => { r[0] = Math.clz32(reversed(r[0])); },
  MS: fill, S4: fill, MC: copy, C4: copy,
  IF: nothing, EX: nothing, FC: nothing, CX: nothing,
  RE: (r, mcu) => mcu.flash.fill(0xff, r[0], r[0] + r[1]),
  RP: program,
  UB: () => { throw new Error('the firmware asked for BOOTSEL'); },
};

const tag = name => name.charCodeAt(0) | name.charCodeAt(1) << 8;

// rom_table_lookup: pairs of a name and a pointer, up to a 0.
function lookUp(r, mcu) {
  const name = r[1] & 0xffff;
  let at = r[0];
  while (mcu.readUint16(at) && mcu.readUint16(at) !== name)
    at += 4;
  r[0] = mcu.readUint16(at) ? mcu.readUint16(at + 2) : 0;
}

export class BootRom {
  static SIZE = SIZE;
  static PARKED = PARKED_AT;  // where core 1 sleeps once its program has returned

  constructor() {
    this.image = new Uint32Array(SIZE / 4);
    this.view = new DataView(this.image.buffer);
    this.traps = new Map();
    this.end = CODE_AT;
    this.view.setUint32(0, 0x20041f00, true);
    [0x4d, 0x75, 1, 2].forEach((byte, i) => this.view.setUint8(0x10 + i, byte));
    this.view.setUint32(PARKED_AT, WFE_AND_AGAIN, true);
    this.putTable(0x14, FUNCTIONS_AT, Object.entries(FUNCTIONS).map(([name, f]) => [name, this.putFunction(f)]));
    this.putTable(0x16, DATA_AT, [
      ['SF', this.putNumbers(FLOATS_AT, arithmetic(single, double))],
      ['SD', this.putNumbers(FLOATS_AT + 0x100, arithmetic(double, single))],
    ]);
    this.view.setUint16(0x18, this.putFunction(lookUp), true);
  }

  putFunction(f) {
    const at = this.end;
    this.view.setUint16(at, BX_LR, true);
    this.traps.set(at, f);
    this.end += 4;
    return at | 1;
  }

  putTable(pointer, at, rows) {
    this.view.setUint16(pointer, at, true);
    for (const [name, value] of rows) {
      this.view.setUint16(at, tag(name), true);
      this.view.setUint16(at + 2, value, true);
      at += 4;
    }
  }

  // The byte before the second last says how many words the table has.
  putNumbers(at, table) {
    this.view.setUint8(at - 2, 0x20);
    for (let offset = 0; offset < 0x80; offset += 4) {
      const f = table.get(offset) ?? (() => { throw new Error(`boot ROM: no function at ${offset.toString(16)}`); });
      this.view.setUint32(at + offset, this.putFunction(f), true);
    }
    return at;
  }

  // What the function is for whose return is the core's next instruction.
  run(registers, mcu) {
    this.traps.get(registers[15])?.(registers, mcu);
  }
}
