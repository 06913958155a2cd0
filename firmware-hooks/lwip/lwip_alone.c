/* SPDX-License-Identifier: MIT
 *
 * Starts the recorder in a firmware that records only lwIP.
 */
#include "firmware-hooks/lwip/lwip_hooks.h"

#if !HS_WITH_LWIP
#include "firmware-hooks/startup/startup.h"
#include "lwip/init.h"
#include "lwip/ip4.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/udp.h"

HS_HEAPS(&hs_lwip_heap);

static const char facts[] = "system=lwip " LWIP_VERSION_STRING;
static const uintptr_t functions[] = {
#define HS_FINGERPRINT(name) (uintptr_t) name,
#include "firmware-hooks/lwip/fingerprint.def"
};

void hs_lwip_begin(void)
{
    hs_startup(&(struct hs_firmware){
        .facts = {facts, sizeof facts}, .functions = functions, .n_functions = sizeof functions / sizeof *functions});
}

#endif
