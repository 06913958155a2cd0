/* SPDX-License-Identifier: MIT
 *
 * Entering and leaving sections, and the queue for records of interrupts during a section.
 */
#include "lib/section.h"

#include <string.h>

#if HS_PENDING
/* --- the queue ------------------------------------------------------------------------------------------------ */

/* An entry of the queue. The place of an event's code is looked up at once: only the context that runs the code can find it. */
struct pended {
    uint16_t len; /* bytes of the entry, a multiple of 8 */
    bool is_event;
    uint32_t now;
    union {
        struct {
            struct hs_put put;
            struct hs_place place;
        } event;
        struct {
            uint8_t kind, len;
            uint8_t body[HS_RECORD_MAX];
        } plain;
    };
};
_Static_assert(HS_PENDING >= 2 * sizeof(struct pended) && HS_PENDING % sizeof(uint64_t) == 0, "HS_PENDING: too small for a queue");

static struct pended *entry_at(uint32_t at) { return (struct pended *)(void *)((uint8_t *)hs_trace.pending + at); }

/* Adds an entry of `len` bytes. NULL if there is no room; the record is then counted as lost. After a loss all are lost
 * until the queue is empty, so that the loss comes after all entries. Lock held. */
static struct pended *add_entry(size_t len)
{
    struct hs_trace *t = &hs_trace;
    len = (len + sizeof(uint64_t) - 1) & ~(sizeof(uint64_t) - 1);
    if (t->pending_lost || t->pending_end + len > sizeof t->pending) {
        t->pending_lost++;
        return NULL;
    }
    struct pended *entry = entry_at(t->pending_end);
    t->pending_end += (uint32_t)len;
    t->n_pending++;
    entry->len = (uint16_t)len;
    entry->now = hs_port_ticks();
    return entry;
}

/* The section cannot end before this interrupt returns, so the place is looked up after the lock is released. */
void hs_pend_event(hs_lock_t lock, const struct hs_put *event)
{
    struct pended *entry = add_entry(offsetof(struct pended, event) + sizeof entry->event);
    if (entry) {
        entry->is_event = true;
        entry->event.put = *event;
    }
    hs_port_unlock(lock);
    if (!entry)
        return;
    entry->event.place = (struct hs_place){.nested = true};
    if (event->key.code)
        hs_trace.config.describe(event->key.code, &entry->event.place);
}

void hs_pend_record(hs_lock_t lock, const struct hs_record *record)
{
    struct pended *entry = add_entry(offsetof(struct pended, plain.body) + hs_record_room(record, HS_DATA_MAX));
    if (entry) {
        entry->is_event = false;
        entry->plain.kind = record->kind;
        entry->plain.len = (uint8_t)(hs_put_body(entry->plain.body, record, HS_DATA_MAX) - entry->plain.body);
    }
    hs_port_unlock(lock);
}

void hs_pend_loss(hs_lock_t lock)
{
    hs_trace.pending_lost++;
    hs_port_unlock(lock);
}

/* --- sections --------------------------------------------------------------------------------------------------- */

static void write_entry(const struct pended *entry)
{
    struct hs_trace *t = &hs_trace;
    t->now = entry->now;
    if (entry->is_event) {
        t->place = &entry->event.place;
        hs_put_event(&entry->event.put);
        t->place = NULL;
    } else {
        hs_put_bytes(entry->plain.kind, entry->plain.body, entry->plain.len);
    }
}

/* Writes an entry, or the loss, without the lock. False: nothing is left, and the section has ended. */
static bool write_next(void)
{
    struct hs_trace *t = &hs_trace;
    hs_lock_t lock = hs_port_lock();
    const struct pended *entry = t->pending_at < t->pending_end ? entry_at(t->pending_at) : NULL;
    uint32_t lost = t->pending_lost;
    if (entry) {
        t->pending_at += entry->len;
        t->n_pending--;
    } else {
        t->pending_at = t->pending_end = t->pending_lost = 0;
    }
    if (!entry && !lost)
        t->busy = false;
    hs_port_unlock(lock);
    if (entry)
        write_entry(entry);
    else if (lost)
        hs_packet_lost(lost);
    return entry || lost;
}

void hs_section_leave(hs_lock_t lock)
{
    (void)lock;
    while (write_next())
        ;
}

bool hs_section_wait(hs_lock_t *lock)
{
    while (!hs_section_try(*lock)) {
        if (hs_trace.core == HS_PORT_CORE())
            return false;
        hs_port_unlock(*lock);
        *lock = hs_port_lock();
    }
    return true;
}

bool hs_section_enter(hs_lock_t *lock)
{
    *lock = hs_port_lock();
    if (hs_section_wait(lock))
        return true;
    hs_port_unlock(*lock);
    return false;
}

void hs_cores_stop(void)
{
    hs_lock_t lock;
    hs_section_enter(&lock);
}
void hs_cores_stopped(void) { hs_section_leave(0); }
#else
void hs_cores_stop(void) {}
void hs_cores_stopped(void) {}
#endif
