/* SPDX-License-Identifier: MIT */
#include "firmware-hooks/micropython/mp_stream.h"

#include "firmware-hooks/micropython/mp_hooks.h"
#include "firmware-hooks/micropython/mp_versions.h"
#include "lib/drain.h"
#include "lib/heapstrata.h"
#include "lib/port.h"
#include "py/mperrno.h"
#include "py/runtime.h"
#include "py/stream.h"

#if HS_WITH_STREAMING
/* Roots for the collector. */
MP_REGISTER_ROOT_POINTER(mp_obj_t heapstrata_stream);
MP_REGISTER_ROOT_POINTER(uint8_t *heapstrata_chunk);
#define STREAM MP_STATE_VM(heapstrata_stream)
#define CHUNK MP_STATE_VM(heapstrata_chunk)

static struct {
    struct hs_drain drain;
    bool streamed;    /* there was a stream in this boot */
    uint32_t at, len; /* bytes of the chunk that have been written, and all its bytes */
    int error;        /* the error that ended the stream, until it is raised */
    bool active, pumping;
    volatile bool woken; /* the scheduler has been asked for a call */
} s;

static void stop(int error)
{
    s.active = false;
    s.error = error;
    s.at = s.len = 0;
    STREAM = MP_OBJ_NULL;
    CHUNK = NULL;
    hs_drain_keyframes(0);
}

/* --- writing ------------------------------------------------------------------------------------------ */

/* Writes the rest of the chunk. Returns whether all of it has been written. */
static bool write_chunk(void)
{
    const mp_stream_p_t *protocol = mp_get_stream(STREAM);
    while (s.active && s.at < s.len) {
        int error = 0;
        mp_uint_t n = protocol->write(STREAM, CHUNK + s.at, s.len - s.at, &error);
        if (n == MP_STREAM_ERROR && !mp_is_nonblocking_error(error))
            stop(error);
        if (n == MP_STREAM_ERROR || !n)
            return false;
        s.at += (uint32_t)n;
    }
    return s.active;
}

/* Writes as much as the stream accepts now, but a limited number of packets, because writing may add new ones to the ring. */
static bool write_some(void)
{
    for (uint32_t n = 0, most = hs_image()->packet_count * 2 + 64; write_chunk(); n++) {
        s.at = 0;
        hs_mp_hold();
        s.len = n < most ? hs_drain(&s.drain, CHUNK) : 0;
        hs_mp_let_go();
        if (!s.len)
            return n < most;
    }
    return false;
}

/* Allows one writer at a time: the scheduler, or poll() of any thread. */
static bool enter(void)
{
    hs_mp_hold();
    hs_lock_t lock = hs_port_lock();
    bool free = s.active && !s.pumping;
    s.pumping |= free;
    hs_port_unlock(lock);
    hs_mp_let_go();
    return free;
}

/* A stream written in Python may raise, and may allocate: records of that are written by the next call. */
static bool pump(void)
{
    nlr_buf_t nlr;
    bool all = false;
    if (!enter())
        return !s.active;
    if (nlr_push(&nlr) == 0) {
        all = write_some();
        nlr_pop();
    } else {
        stop(MP_EIO);
    }
    s.pumping = false;
    return all;
}

/* --- the scheduler ------------------------------------------------------------------------------------ */

#if MICROPY_SCHEDULER_STATIC_NODES
static void on_schedule(mp_sched_node_t *node)
{
    (void)node;
    s.woken = false;
    pump();
}

static void ask(void)
{
    static mp_sched_node_t node;
    s.woken = mp_sched_schedule_node(&node, on_schedule);
}
#elif MICROPY_ENABLE_SCHEDULER
static mp_obj_t on_schedule(mp_obj_t unused)
{
    s.woken = false;
    pump();
    return unused;
}
static MP_DEFINE_CONST_FUN_OBJ_1(on_schedule_obj, on_schedule);

static void ask(void) { s.woken = mp_sched_schedule(MP_OBJ_FROM_PTR(&on_schedule_obj), mp_const_none); }
#else
static void ask(void) {}
#endif

void hs_mp_stream_wake(void)
{
    if (s.active && !s.woken && !s.pumping)
        ask();
}

/* --- from Python -------------------------------------------------------------------------------------- */

void hs_mp_stream_begin(mp_obj_t stream, mp_uint_t every)
{
    mp_get_stream_raise(stream, MP_STREAM_OP_WRITE);
    if (s.active)
        hs_mp_stream_end();
    CHUNK = m_new(uint8_t, hs_drain_room());
    STREAM = stream;
    s.drain = (struct hs_drain){.again = s.streamed};
    s.streamed = true;
    s.error = 0;
    s.active = true;
    hs_drain_keyframes((uint32_t)every);
    pump();
}

/* Waits at most one second, or STANDS reads of a clock that does not advance. */
#define STANDS 100000u
struct patience {
    uint32_t start, before, looks;
};

static bool is_patient(struct patience *p)
{
    uint32_t now = hs_port_ticks();
    p->looks = now == p->before ? p->looks + 1 : 0;
    p->before = now;
    return p->looks < STANDS && (now - p->start) >> HS_TICK_SHIFT < hs_image()->hz;
}

void hs_mp_stream_end(void)
{
    if (!s.active)
        return;
    hs_mp_hold();
    if (hs_state != HS_STATE_OFF) /* otherwise hs_stop has closed the packet */
        hs_flush();
    hs_mp_let_go();
    struct patience patience = {.start = hs_port_ticks()};
    while (!pump() && s.active && is_patient(&patience))
        HS_MP_WAIT_A_LITTLE();
    int error = s.error;
    stop(0);
    s.error = error;
}

bool hs_mp_stream_poll(void)
{
    bool all = pump();
    int error = s.error;
    s.error = 0;
    if (error)
        mp_raise_OSError(error);
    return all;
}

void hs_mp_stream_forget(void)
{
    if (s.active)
        stop(0);
    s.woken = false;
}

void hs_mp_stream_restart(void)
{
    s.drain = (struct hs_drain){0};
    s.streamed = s.active;
}
#endif
