/* SPDX-License-Identifier: MIT
 *
 * A C firmware on an emulated board: it reads messages, keeps the last of each sensor, and forgets to free the old one when a
 * message is longer than the old one. The trace says so. It is saved by semihosting as firmware.hst; on a board without a debugger
 * hs_console_dump prints it.
 */
#include <stdlib.h>
#include <string.h>

#include "firmware-hooks/c-heap/c_heap.h"
#include "firmware-hooks/console/console.h"
#include "firmware-hooks/startup/startup.h"

HS_HEAPS(&hs_c_heap);

int main(void);
static const uintptr_t functions[] = {
#define HS_FINGERPRINT(name) (uintptr_t) name,
#include "firmware-hooks/c-heap/fingerprint.def"
};
static const char facts[] = "system=c-firmware example";

static void start_recording(void)
{
    int err = hs_startup(&(struct hs_firmware){
        .facts = {facts, sizeof facts}, .functions = functions, .n_functions = sizeof functions / sizeof *functions});
    if (err || (hs_state != HS_STATE_OFF && !hs_heaps_test()))
        hs_semihosting_print("heapstrata: nothing will be recorded\n");
}

#define SENSORS 6

static char *last[SENSORS];

static __attribute__((noinline)) char *read_message(unsigned number)
{
    size_t length = 12 + number * 7 % 40;
    char *text = malloc(length);
    if (text) {
        memset(text, 'x', length - 1);
        text[length - 1] = 0;
    }
    return text;
}

static __attribute__((noinline)) void keep(unsigned sensor, char *text)
{
    char *old = last[sensor];
    last[sensor] = text;
    if (old && strlen(text) <= strlen(old)) /* the fault: a shorter one is freed, a longer one is not */
        free(old);
}

int main(void)
{
    start_recording();
    for (unsigned number = 0; number < 600; number++) {
        char *text = read_message(number);
        if (text)
            keep(number % SENSORS, text);
        if (number % 100 == 99)
            hs_mark((struct hs_text){"hundred messages", 16});
    }
    hs_semihosting_exit(hs_semihosting_save("firmware.hst") ? 0 : 1);
}
