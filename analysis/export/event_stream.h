/* SPDX-License-Identifier: MIT
 *
 * A trace as a sequence of named events with named values, for exporters that write every event.
 *
 *     struct hs_event_stream_config config = {.reader = reader, .sets = HS_EVENT_STREAM_RECORDS};
 *     struct hs_event_stream *stream = hs_event_stream_new(&config);
 *     struct hs_stream_item item;
 *     while (hs_event_stream_next(stream, &item) == HS_OK && item.kind != HS_STREAM_ITEM_END)
 *         ...
 *     hs_event_stream_free(stream);
 *
 * Three sets of events:
 *
 *   HS_EVENT_STREAM_RECORDS  "heapstrata:alloc", ...: one event per record of the trace, with the record's fields
 *                     (records.def), its number, and what the host adds: the address and the line in the
 *                     source. Between them are samples. "heapstrata:heap" is the state of the heap. It is emitted when the used
 *                     bytes or the longest free run have changed by 1/64 of the heap, at the start and end of each collection,
 *                     after marks, failed allocations, regions and resets, and after each summary. "heapstrata:live" follows
 *                     for each kind of block whose bytes have changed since the last sample. For text of mem_info()
 *                     without the longest free run, "heapstrata:usage" replaces "heapstrata:heap".
 *   HS_EVENT_STREAM_LIBC     "lttng_ust_libc:malloc", ...: the changes of each record as events of LTTng's wrapper
 *                     of the C library, which memory analyses of other programs can read. Each event has the thread that
 *                     allocated the block first, even if another thread freed it, so that no thread's sum is negative.
 *   HS_EVENT_STREAM_BLOCKS   "heapstrata:block": one event per block and place, emitted when the block is freed or resized,
 *                     and for live blocks at the end of the trace.
 */
#ifndef HS_EXPORT_EVENT_STREAM_H
#define HS_EXPORT_EVENT_STREAM_H

#include "analysis/export/changes.h"
#include "analysis/symbols/symbols.h"

enum hs_event_stream_set { HS_EVENT_STREAM_RECORDS = 1, HS_EVENT_STREAM_LIBC = 2, HS_EVENT_STREAM_BLOCKS = 4 };

/* HEX: an address. LIST: numbers, as the text of a JSON array. U8 and U32 are for formats with narrow types;
 * values are always 64 bits wide. */
enum hs_event_stream_type {
    HS_EVENT_STREAM_U8,
    HS_EVENT_STREAM_U32,
    HS_EVENT_STREAM_U64,
    HS_EVENT_STREAM_HEX,
    HS_EVENT_STREAM_INT,
    HS_EVENT_STREAM_TEXT,
    HS_EVENT_STREAM_LIST
};

/* Whether values of a type are strings. */
static inline bool hs_event_stream_is_text(enum hs_event_stream_type type)
{
    return type == HS_EVENT_STREAM_TEXT || type == HS_EVENT_STREAM_LIST;
}

struct hs_event_stream_field {
    const char *name;
    enum hs_event_stream_type type;
};

#define HS_EVENT_STREAM_FIELDS 24 /* most fields of one event */

struct hs_event_stream_class {
    const char *name; /* NULL: not in use */
    struct hs_event_stream_field field[HS_EVENT_STREAM_FIELDS];
    unsigned n_fields;
    enum hs_event_stream_set set;
    bool sample; /* not a record of the trace */
};

union hs_event_stream_value {
    uint64_t u;
    int64_t i;
    const char *s; /* never NULL */
};

enum hs_stream_item_kind {
    HS_STREAM_ITEM_EVENT,
    HS_STREAM_ITEM_PACKET, /* the next events were recorded without a gap */
    HS_STREAM_ITEM_PACKET_END,
    HS_STREAM_ITEM_LOSS, /* before a packet: records are missing between `ns` and `until` */
    HS_STREAM_ITEM_WAIT, /* no more data yet: the trace is still being written (hs_reader_follow) */
    HS_STREAM_ITEM_END,  /* the end of the trace */
};

struct hs_stream_item {
    enum hs_stream_item_kind kind;
    unsigned class;                           /* EVENT: index for hs_event_stream_class */
    uint32_t thread;                          /* EVENT */
    uint32_t boot;                            /* EVENT */
    uint64_t ns;                              /* since the trace's first event; non-decreasing */
    uint32_t none;                            /* EVENT: a bit for each field whose value is unknown: it is 0 or "" */
    uint64_t until, count;                    /* LOSS */
    const union hs_event_stream_value *value; /* EVENT: of the class's fields; valid until the next call */
    const struct hs_model *model;             /* END: the heap at the end of the trace, */
    const struct hs_reader *reader;           /* and the reader, for names */
};

struct hs_event_stream_config {
    struct hs_reader *reader;   /* at its start; owned by the caller */
    struct hs_symbols *symbols; /* for names of native functions; NULL: none */
    unsigned sets;              /* enum hs_event_stream_set */
    bool declare;               /* start with a dummy event of each class of HS_EVENT_STREAM_LIBC, all values 0:
                                     formats that declare only classes with events then declare all of them */
};

struct hs_event_stream;

/* NULL when out of memory. */
struct hs_event_stream *hs_event_stream_new(const struct hs_event_stream_config *config);
void hs_event_stream_free(struct hs_event_stream *stream);

/* Sets the next item. Returns HS_OK, or a negative enum hs_err when the trace cannot be read further.
 * Damage that the reader skipped is in hs_reader_error. */
int hs_event_stream_next(struct hs_event_stream *stream, struct hs_stream_item *item);

/* Name of the traced program, such as "micropython", cut to the length that kernels use. Known after the first event. */
#define HS_EVENT_STREAM_PROCESS 16
void hs_event_stream_process(const struct hs_event_stream *stream, char name[HS_EVENT_STREAM_PROCESS]);

/* The classes, the same for every stream: `index` is less than hs_event_stream_classes(). */
unsigned hs_event_stream_classes(void);
const struct hs_event_stream_class *hs_event_stream_class(unsigned index);

/* The word for a value of an enumeration, such as "threshold"; NULL if the field is not an enumeration or has no such value. */
bool hs_event_stream_field_is_word(unsigned class, unsigned field);
const char *hs_event_stream_word(unsigned class, unsigned field, uint64_t value);

/* The model after the last event. */
const struct hs_model *hs_event_stream_model(const struct hs_event_stream *stream);

#endif
