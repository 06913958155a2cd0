/* SPDX-License-Identifier: MIT
 *
 * A port that the program's surroundings have opened, at its speed: web/serial.mjs.
 */
#include "analysis/record/serial.h"

#include <fcntl.h>
#include <unistd.h>

int hs_serial_open(const struct hs_serial_config *config) { return open(config->path, O_RDWR); }

void hs_serial_close(int fd)
{
    if (fd >= 0)
        close(fd);
}
