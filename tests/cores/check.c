/* SPDX-License-Identifier: MIT */
#include "tests/cores/check.h"

#include "tests/cores/machine.h"

#define SHOWN 5u /* failures of one check */

static uint32_t failures, failed;

static void print_number(uint32_t value)
{
    char text[] = "0x00000000";
    for (unsigned i = 0; i < 8; i++)
        text[9 - i] = "0123456789abcdef"[value >> 4 * i & 15];
    machine_print(text);
}

void check_that(bool good, const char *what)
{
    if (good || failures++ >= SHOWN)
        return;
    machine_print(what);
    machine_print("\n");
}

void check_equal(uint32_t seen, uint32_t expected, const char *what)
{
    if (seen == expected || failures++ >= SHOWN)
        return;
    machine_print(what);
    machine_print(" is ");
    print_number(seen);
    machine_print(", not ");
    print_number(expected);
    machine_print("\n");
}

void check_run(const char *name, void (*function)(void))
{
    failures = 0;
    function();
    failed += failures != 0;
    machine_print(failures ? "not ok - " : "ok - ");
    machine_print(name);
    machine_print("\n");
}

uint32_t check_failed(void) { return failed; }

void check_show_image(const char *name, const uint8_t *bytes, uint32_t len)
{
    char line[2 * 32 + 2];
    machine_print("image ");
    machine_print(name);
    machine_print("\n");
    for (uint32_t i = 0; i < len;) {
        char *to = line;
        for (; i < len && to < line + 64; i++) {
            *to++ = "0123456789abcdef"[bytes[i] >> 4];
            *to++ = "0123456789abcdef"[bytes[i] & 15];
        }
        *to++ = '\n';
        *to = 0;
        machine_print(line);
    }
    machine_print("end\n");
}
