/* SPDX-License-Identifier: MIT
 *
 * Gets the trace out of a firmware that has no file system: as lines of text for a serial line, or as a file on the computer that
 * debugs it. Both stop the recorder first. Call from a thread, not from an interrupt.
 */
#ifndef HS_CONSOLE_H
#define HS_CONSOLE_H

#include <stdbool.h>

/* Passes the image to `put` as lines of at most 96 characters, each with its "\n" and a 0, for `heapstrata import`. Each line has
 * a checksum, so other output between the lines does no harm. `put` must not allocate from a recorded heap. */
void hs_console_dump(void (*put)(const char *line));

/* Writes the image into a file of the debugging computer by ARM's semihosting, on Cortex-M and RISC-V. A debugger or an emulator
 * must be attached, with semihosting on; without one the call faults. Returns whether the whole file was written. */
bool hs_semihosting_save(const char *path);

/* Writes text to that computer's console, by semihosting. */
void hs_semihosting_print(const char *text);

/* Ends the program: the emulator ends with `status`, a debugger stops. */
_Noreturn void hs_semihosting_exit(int status);

#endif
