/* SPDX-License-Identifier: MIT */
#include "firmware-hooks/micropython/mp_others.h"

#if HS_MP_OTHERS
#include "firmware-hooks/micropython/mp_hooks.h"

#if HS_WITH_OUTER
#include "firmware-hooks/circuitpython/outer_hooks.h"
#define OUTER(call) call
#else
#define OUTER(call)
#endif
#if HS_WITH_LWIP
#include "firmware-hooks/lwip/lwip_hooks.h"
#define LWIP(call) call
#else
#define LWIP(call)
#endif

#if HS_WITH_HEAP_CAPS
#include "firmware-hooks/esp-idf/esp_hooks.h"
#define HEAP_CAPS(call) call
#else
#define HEAP_CAPS(call)
#endif

#if HS_WITH_HEAP_CAPS && (HS_WITH_LWIP || HS_WITH_OUTER)
#error "heap_caps stands beside MicroPython alone: its numbers of granules begin at 0"
#endif

/* A snapshot's parts of the others are never its last: the interpreter's follow. */
#define FIRST_PART 1u

uint32_t hs_mp_others_granules(void) {
    uint32_t n = 0;
    OUTER(n += hs_outer_granules());
    HEAP_CAPS(n += hs_esp_granules());
    LWIP(n += HS_LWIP_GRANULES);
    return n;
}

void hs_mp_others_begin(void) {
    OUTER(hs_outer_begin());
    HEAP_CAPS((hs_esp_find_regions(), hs_esp_watch_failures()));
}

bool hs_mp_others_overlap(struct hs_span ring) {
    bool overlap = false;
    OUTER(overlap = hs_outer_has(ring));
    (void)ring;
    return overlap;
}

void hs_mp_others_regions(void) {
    OUTER(hs_outer_region());
    HEAP_CAPS(hs_esp_record_regions());
    LWIP(hs_lwip_regions(true));
}

bool hs_mp_others_snapshot(void) {
    uint8_t part = FIRST_PART;
    OUTER((hs_outer_snapshot(part), part = 0));
    HEAP_CAPS((hs_esp_snapshot(part), part = 0));
    LWIP(part = hs_lwip_snapshot(part) ? 0 : part);
    return !part;
}

uint32_t hs_mp_others_keyframe_size(void) {
    uint32_t n = 0;
    OUTER(n += hs_outer_keyframe_size());
    HEAP_CAPS(n += hs_esp_keyframe_size());
    LWIP(n += hs_lwip_keyframe_size());
    return n;
}

void hs_mp_others_summary(uint8_t cause) {
    (void)cause;
    OUTER(hs_outer_summary(cause));
    LWIP(hs_lwip_summary(cause));
}

bool hs_mp_others_describe(uintptr_t code, struct hs_place *place) {
    (void)code, (void)place;
#if HS_WITH_HEAP_CAPS
    if (hs_esp_is_code(code)) {
        hs_esp_describe(code, place);
        return true;
    }
#endif
#if HS_WITH_LWIP
    if (hs_lwip_is_code(code)) {
        hs_lwip_describe(code, place);
        return true;
    }
#endif
    return false;
}

#if HS_WITH_OUTER
struct hs_key hs_outer_key(uintptr_t caller) { return hs_mp_key(caller); }
#endif

#if HS_WITH_LWIP
/* The recorder may have begun before lwIP did: its pools come empty. */
void hs_lwip_ready(void) {
    if (hs_state != HS_STATE_OFF)
        hs_lwip_regions(false);
}
#endif

#endif
