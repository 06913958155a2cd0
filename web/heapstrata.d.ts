// SPDX-License-Identifier: MIT

/** Compiles the program. `bytes` are those of heapstrata.wasm, which is in this package. */
export function compile(bytes: BufferSource): Promise<WebAssembly.Module>;

export interface Settings {
  /** Files that the program finds in its current folder, by name. It sees no others. */
  files?: Record<string, Uint8Array>;
  /** Standard input. */
  input?: Uint8Array;
  /** Environment variables. */
  env?: Record<string, string>;
  /** Called with each piece of standard output and of standard error as it is written. */
  onOutput?: (bytes: Uint8Array) => void;
  onError?: (bytes: Uint8Array) => void;
}

export interface Result {
  /** As of the command line: 0; 1: found what the command looks for; 2: bad usage or unreadable input. */
  status: number;
  /** Standard output. */
  output: Uint8Array;
  /** Standard error. */
  errors: string;
  /** What a file of the current folder has in it afterwards; undefined: there is none. */
  file(name: string): Uint8Array | undefined;
}

/** A serial line: what a board sends and is sent. */
export class SerialLine {
  /** `send` passes on what the program writes. */
  constructor(send: (bytes: Uint8Array) => void);
  /** What the board sent. The line keeps the array. */
  take(bytes: Uint8Array): void;
  /** The port was closed or unplugged. */
  end(): void;
}

/** Whether this JavaScript can wait inside WebAssembly, as `runOnLine` must: Chromium from 137 on can. */
export function canWait(): boolean;

/**
 * Runs one command that uses the device /dev/serial, for example `record --serial /dev/serial -o trace.hst script.py`.
 * `begun` is called before it starts, with a function that interrupts it as Ctrl-C does.
 */
export function runOnLine(module: WebAssembly.Module, line: SerialLine, args: string[], settings?: Settings,
                          begun?: (interrupt: () => void) => void): Promise<Result>;

/** Runs one command to its end, for example `run(module, ['doctor', 'log.txt'], {files: {'log.txt': bytes}})`. */
export function run(module: WebAssembly.Module, args: string[], settings?: Settings): Result;
