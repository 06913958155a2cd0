/* SPDX-License-Identifier: MIT
 *
 * Sections: one writer at a time, for longer than interrupts may be masked. Not for hooks.
 *
 * Closing a packet with its sum, or defining a site, takes up to milliseconds on a small core. If HS_PENDING is 0, the port's
 * lock is held all that time. Else the lock is held only to enter and to leave the section. Another core waits for the end of
 * the section. An interrupt on the same core cannot wait: its record is put into a queue of HS_PENDING bytes, with its time and
 * the place in its code, and is written when the section ends. So records have the order in which their writers got the lock,
 * and one context at a time writes the image. A record for which the queue has no room is lost and counted.
 */
#ifndef HS_SECTION_H
#define HS_SECTION_H

#include "lib/trace.h"

#ifndef HS_PORT_CORE
#define HS_PORT_CORE() 0
#endif

#if HS_PENDING
/* Enters a section; the caller holds the lock. True: entered, and the lock was released. False: another context is in a section;
 * the lock is still held. */
static inline bool hs_section_try(hs_lock_t lock)
{
    struct hs_trace *t = &hs_trace;
    if (t->busy)
        return false;
    t->busy = true;
    t->core = (uint8_t)HS_PORT_CORE();
    t->now = hs_port_ticks();
    hs_port_unlock(lock);
    return true;
}

/* Enters a section, after waiting for other cores. False: the caller is an interrupt during a section of this core. */
bool hs_section_enter(hs_lock_t *lock);

/* The same if the caller holds the lock. If it returns false, the lock is still held. */
bool hs_section_wait(hs_lock_t *lock);

/* Writes the entries of the queue, and leaves the section. */
void hs_section_leave(hs_lock_t lock);

/* The same, without a call if the queue is empty. */
static inline void hs_section_quit(hs_lock_t lock)
{
    struct hs_trace *t = &hs_trace;
    lock = hs_port_lock();
    bool empty = !(t->pending_end | t->pending_lost);
    if (empty)
        t->busy = false;
    hs_port_unlock(lock);
    if (__builtin_expect(!empty, 0))
        hs_section_leave(lock);
}

/* Put an event or record of an interrupt during a section into the queue; or count a loss. They release the lock, which the
 * caller holds. */
void hs_pend_event(hs_lock_t lock, const struct hs_put *event);
void hs_pend_record(hs_lock_t lock, const struct hs_record *record);
void hs_pend_loss(hs_lock_t lock);
#else
static inline bool hs_section_try(hs_lock_t lock)
{
    (void)lock;
    hs_trace.now = hs_port_ticks();
    return true;
}
static inline bool hs_section_wait(hs_lock_t *lock) { return hs_section_try(*lock); }
static inline bool hs_section_enter(hs_lock_t *lock)
{
    *lock = hs_port_lock();
    return hs_section_try(*lock);
}
static inline void hs_section_leave(hs_lock_t lock) { hs_port_unlock(lock); }
static inline void hs_section_quit(hs_lock_t lock) { hs_port_unlock(lock); }
static inline void hs_pend_event(hs_lock_t lock, const struct hs_put *event) { (void)lock, (void)event; }
static inline void hs_pend_record(hs_lock_t lock, const struct hs_record *record) { (void)lock, (void)record; }
static inline void hs_pend_loss(hs_lock_t lock) { (void)lock; }
#endif

/* Writes an event, in a section. */
void hs_put_event(const struct hs_put *event);

/* Writes a plain record, in a section. `body` is `len` bytes written by hs_put_body. */
void hs_put_bytes(uint8_t kind, const uint8_t *body, uint32_t len);

/* Records an event: in a section of its own, or through the queue. ISR safe. */
void hs_put_any(const struct hs_put *event);

#endif
