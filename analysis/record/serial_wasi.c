/* SPDX-License-Identifier: MIT
 *
 * A port that the program's surroundings have opened, at its speed: web/serial.mjs.
 */
#include "analysis/record/serial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analysis/record/portable.h"

#define DEVICE "/dev/serial" /* of web/heapstrata.mjs */

const char hs_record_usage[] = "--serial " DEVICE " SCRIPT";
const char hs_record_about[] =
    "This build records on the boards that the page of `make web` can reach, which has a browser's serial ports. On a command line it has "
    "none.";
const char hs_record_only[] =
    "this build cannot record here: it records only in the page of `make web`, on a board at a serial port";
const bool hs_record_keeps_port = true;

bool hs_serial_has_speed(unsigned long long baud) { return baud > 0; }

int hs_serial_open(const struct hs_serial_config *config)
{
    if (!strcmp(config->path, DEVICE))
        return open(config->path, O_RDWR);
    errno = ENODEV;
    return -1;
}

void hs_serial_explain(const struct hs_serial_config *config, int why, char *text, size_t size)
{
    if (why == ENODEV)
        snprintf(text, size, "this build reaches only the port that the page of `make web` gives it, " DEVICE);
    else
        snprintf(text, size, "cannot open %s: %s", config->path, strerror(why));
}

void hs_serial_close(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* ---- interrupts ---- */

static volatile int *interrupts;

void hs_record_count_interrupts(volatile int *count) { interrupts = count; }

/* Called from outside while the program waits. */
__attribute__((export_name("hs_interrupt"))) void hs_interrupt(void);
void hs_interrupt(void)
{
    if (interrupts)
        ++*interrupts;
}
