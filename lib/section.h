/* SPDX-License-Identifier: MIT
 *
 * Sections: one writer at a time, for longer than interrupts may be masked. Not for hooks.
 *
 * Turning a packet, its sum and the definition of a place take up to milliseconds on a small core. Where HS_PENDING is 0 the
 * port's lock is held for all of it. Else the lock is held only to enter and to leave the section. Whoever comes meanwhile on
 * the same core is an interrupt, which cannot wait: what it records is put into a queue of HS_PENDING bytes, with its time and
 * place, and is written when the section ends. Another core waits. So the order of records is that of their locks, and the
 * image is written by one context at a time. What the queue has no room for is lost and counted.
 */
#ifndef HS_SECTION_H
#define HS_SECTION_H

#include "lib/trace.h"

#ifndef HS_PORT_CORE
#define HS_PORT_CORE() 0
#endif

#if HS_PENDING
/* Enters, with the lock held: true, and the lock is given back. False when another has entered; then it is still held. */
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

/* Enters, after other cores have left. False in an interrupt that came in the midst of a section. */
bool hs_section_enter(hs_lock_t *lock);

/* The same with the lock held, which is still held when it is false. */
bool hs_section_wait(hs_lock_t *lock);

/* Writes what interrupts have put into the queue, and leaves. */
void hs_section_leave(hs_lock_t lock);

/* What an interrupt records in the midst of a section. Lock held; gives it back. */
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
static inline void hs_pend_event(hs_lock_t lock, const struct hs_put *event) { (void)lock, (void)event; }
static inline void hs_pend_record(hs_lock_t lock, const struct hs_record *record) { (void)lock, (void)record; }
static inline void hs_pend_loss(hs_lock_t lock) { (void)lock; }
#endif

/* Writes an event, in a section. */
void hs_put_event(const struct hs_put *event);

/* Writes a plain record, in a section: `len` bytes as hs_put_body makes them. */
void hs_put_bytes(uint8_t kind, const uint8_t *body, uint32_t len);

/* Records an event: in a section, or by way of the queue. */
void hs_put_any(const struct hs_put *event);

#endif
