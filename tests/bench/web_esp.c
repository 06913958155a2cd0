/* SPDX-License-Identifier: MIT
 *
 *   web_esp TRACE SECONDS SEED QUERIES
 *
 * The example of lwIP as ESP-IDF has it, all of lwIP's memory by malloc(), on the tests' stand-in for ESP-IDF, whose malloc()
 * the component records. The trace is a stream that loses nothing.
 */
#include "firmware-hooks/esp-idf/heapstrata_esp.h"
#include "firmware-hooks/ports/hook_port.h"
#include "lib/port.h"
#include "tests/bench/web_clock.h"
#include "tests/esp-idf/standin.h"
#include "tests/esp-idf/system.h"
#define __wrap_hs_port_ticks simulated_ticks
#define main web_main
#include "examples/lwip-timeouts/web.c"
#undef main

static void clock_ticked(void) { system_clock_ahead += 1000; }

int hs_lwip_check(void);
int hs_lwip_check(void) { return 0; }

/* --- the port ---------------------------------------------------------------------------------------------- */

static FILE *out;
static uint8_t image[64 << 10] __attribute__((aligned(8)));
portMUX_TYPE hs_esp_mux = portMUX_INITIALIZER_UNLOCKED;

bool hs_port_image(struct hs_config *config)
{
    config->memory = image;
    config->memory_size = sizeof image;
    config->packet_size = 4096;
    config->hz = 1000000;
    config->flags = HS_RING_STREAM;
    return false;
}
struct hs_text hs_port_facts(struct hs_text base) { return base; }
void hs_port_flush(const void *data, uint32_t len) { (void)data, (void)len; }
bool hs_port_write(const void *data, uint32_t len) { return fwrite(data, 1, len, out) == len; }
uint8_t hs_port_memory_kind(const void *address)
{
    (void)address;
    return HS_MEMORY_INTERNAL;
}

void heapstrata_init(void);
void app_main(void);
void app_main(void) {}

int main(int argc, char **argv)
{
    static const struct standin_region regions[] = {
        {160 << 10, MALLOC_CAP_8BIT | MALLOC_CAP_32BIT | MALLOC_CAP_INTERNAL | MALLOC_CAP_DEFAULT, false},
    };
    if (argc != 5 || !(out = fopen(argv[1], "wb")))
        return 2;
    standin_make(regions, 1);
    heapstrata_init();
    heapstrata_start();
    system_task_name = "tiT";
    int status = web_main(argc - 1, argv + 1);
    heapstrata_stop();
    fclose(out);
    return status;
}
