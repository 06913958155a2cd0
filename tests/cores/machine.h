/* SPDX-License-Identifier: MIT
 *
 * What a test program without an operating system needs from the machine that it runs on. main() is called
 * with zeroed .bss; its result is the program's exit status. A fault ends the program with status 3.
 */
#ifndef TESTS_CORES_MACHINE_H
#define TESTS_CORES_MACHINE_H

int main(void);

/* To the host's standard output; `text` ends with a 0. */
void machine_print(const char *text);

_Noreturn void machine_exit(int status);

#define MACHINE_FAULT 3

#endif
