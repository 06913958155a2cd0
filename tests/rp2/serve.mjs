// SPDX-License-Identifier: MIT
// usage: node serve.mjs FIRMWARE.bin [OPTIONS AS JSON]      An emulated Pico; pico.py starts it.
// Its serial port is standard input and output. Of the file descriptors that the options name, `commands` takes and `answers`
// answers what follows, a line of JSON each:
//   {"do": "memory", "address": ..., "size": ..., "file": ...}     SRAM into a file
//   {"do": "report"}                what has been counted since the last "clear"
//   {"do": "clear", "watch": ...}   begins to count; watch: an address of code whose executions are counted, or null
//   {"do": "where"}                 each core's registers
//   {"do": "reset"}                 the RUN pin
//   {"do": "brownout", "every": n}  the supply sags: one bit in n bytes of SRAM changes, 0: none
//   {"do": "power", "noise": true}  off and on again
//   {"do": "freeze"}, {"do": "go"}  the cores stand still
import {createInterface} from 'node:readline';
import {createReadStream, readFileSync, writeFileSync, writeSync} from 'node:fs';
import {Board} from './board.mjs';

const SRAM = 0x20000000, STEPS = 50000;
const options = JSON.parse(process.argv[3]);
const board = new Board(readFileSync(process.argv[2]), options);
let frozen = false;

const commands = {
  memory({address, size, file}) {
    writeFileSync(file, board.mcu.sram.subarray(address - SRAM, address - SRAM + size));
  },
  report: () => board.report(),
  clear: ({watch}) => board.clearCounts(watch),
  where: () => board.cores.core.map(core => ({registers: [...core.registers], waiting: core.waiting, masked: core.PM})),
  reset: () => board.reset(),
  brownout: ({every}) => board.brownout(every),
  power: ({noise}) => board.powerOn(noise),
  freeze() { frozen = true; },
  go() { frozen = false; },
};

function answer(line) {
  const {do: name, ...args} = JSON.parse(line);
  const value = commands[name](args) ?? {};
  writeSync(options.answers, JSON.stringify(value) + '\n');
}

function turn() {
  const idle = frozen || board.run(STEPS);
  if (idle)
    setTimeout(turn, 1);
  else
    setImmediate(turn);
}

board.onSerial = bytes => process.stdout.write(Buffer.from(bytes));
process.stdin.on('data', bytes => board.send(bytes));
process.stdin.on('end', () => process.exit(0));
createInterface({input: createReadStream(null, {fd: options.commands})}).on('line', answer);
turn();
