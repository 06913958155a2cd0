/* SPDX-License-Identifier: MIT
 *
 * A trace told as a sequence of named events with named values, for exporters that write every event.
 *
 *     struct hs_event_stream *story = hs_event_stream_new(&(struct hs_event_stream_config){ .reader = reader, .sets = HS_EVENT_STREAM_RECORDS });
 *     struct hs_stream_item telling;
 *     while (hs_event_stream_next(story, &telling) == HS_OK && telling.kind != HS_STREAM_ITEM_END)
 *         ...
 *     hs_event_stream_free(story);
 *
 * Two sets of events:
 *
 *   HS_EVENT_STREAM_RECORDS  "heapstrata:alloc", ...: each record of the trace is one event, with the fields that
 *                     records.def gives it, its number, and what the host knows: address, place in the
 *                     source. Between them samples: "heapstrata:heap", the state of the heap, whenever used or the longest free
 *                     run have moved by a 64th of the heap, at each end of a collection, and where something is worth a
 *                     flag; after it "heapstrata:live" for each kind of block whose bytes changed since the last. Where text
 *                     of mem_info() does not print the longest run, "heapstrata:usage" is told instead.
 *   HS_EVENT_STREAM_LIBC     "lttng_ust_libc:malloc", ...: what each record changes, in the events of LTTng's wrapper
 *                     of the C library, which other programs' memory analyses know. Each is of the thread that
 *                     asked for the block first, whoever freed it, so that what a thread holds is never below nothing.
 *   HS_EVENT_STREAM_BLOCKS   "heapstrata:block": one event a block and place that held it, when it is over, and at the end of the trace
 *                     for those that are there.
 */
#ifndef HS_EXPORT_EVENT_STREAM_H
#define HS_EXPORT_EVENT_STREAM_H

#include "analysis/export/changes.h"
#include "analysis/symbols/symbols.h"

enum hs_event_stream_set { HS_EVENT_STREAM_RECORDS = 1, HS_EVENT_STREAM_LIBC = 2, HS_EVENT_STREAM_BLOCKS = 4 };

/* HEX: an address. LIST: numbers, as the text of a JSON array. The narrow ones are for formats that have a use for them;
 * values are 64 bits wide. */
enum hs_event_stream_type {
    HS_EVENT_STREAM_U8,
    HS_EVENT_STREAM_U32,
    HS_EVENT_STREAM_U64,
    HS_EVENT_STREAM_HEX,
    HS_EVENT_STREAM_INT,
    HS_EVENT_STREAM_TEXT,
    HS_EVENT_STREAM_LIST
};

/* Whether values of a type are texts. */
static inline bool hs_event_stream_is_text(enum hs_event_stream_type type)
{
    return type == HS_EVENT_STREAM_TEXT || type == HS_EVENT_STREAM_LIST;
}

struct hs_event_stream_field {
    const char *name;
    enum hs_event_stream_type type;
};

#define HS_EVENT_STREAM_FIELDS 24 /* of one event, at most */

struct hs_event_stream_class {
    const char *name; /* NULL: not in use */
    struct hs_event_stream_field field[HS_EVENT_STREAM_FIELDS];
    unsigned n_fields;
    enum hs_event_stream_set set;
    bool sample; /* no record of the trace */
};

union hs_event_stream_value {
    uint64_t u;
    int64_t i;
    const char *s; /* never NULL */
};

enum hs_stream_item_kind {
    HS_STREAM_ITEM_EVENT,
    HS_STREAM_ITEM_PACKET, /* events follow that were recorded without a gap */
    HS_STREAM_ITEM_PACKET_END,
    HS_STREAM_ITEM_LOSS, /* in front of a packet: records are missing between `ns` and `until` */
    HS_STREAM_ITEM_WAIT, /* nothing follows for now: the trace is being written (hs_reader_follow) */
    HS_STREAM_ITEM_END,  /* nothing follows */
};

struct hs_stream_item {
    enum hs_stream_item_kind kind;
    unsigned class;                           /* EVENT: index for hs_event_stream_class */
    uint32_t thread;                          /* EVENT */
    uint32_t boot;                            /* EVENT */
    uint64_t ns;                              /* since the trace's first event, never going back */
    uint32_t none;                            /* EVENT: a bit for each field whose value is not known: it is 0 or "" */
    uint64_t until, count;                    /* LOSS */
    const union hs_event_stream_value *value; /* EVENT: of the class's fields; valid until the next call */
    const struct hs_model *model;             /* END: the heap as it is then, */
    const struct hs_reader *reader;           /* and the reader, for names */
};

struct hs_event_stream_config {
    struct hs_reader *reader;   /* at its beginning; remains the caller's */
    struct hs_symbols *symbols; /* for names of native functions; NULL: none */
    unsigned sets;              /* enum hs_event_stream_set */
    bool declare;               /* begin with one event of each class of HS_EVENT_STREAM_LIBC that has no meaning, all
                                     values 0: formats that name only classes with events then name them all */
};

struct hs_event_stream;

/* NULL when out of memory. */
struct hs_event_stream *hs_event_stream_new(const struct hs_event_stream_config *config);
void hs_event_stream_free(struct hs_event_stream *story);

/* The next thing to tell. Returns HS_OK, or a negative enum hs_err when the trace cannot be told any further;
 * damage that the reader skipped is in hs_reader_error. */
int hs_event_stream_next(struct hs_event_stream *story, struct hs_stream_item *telling);

/* What the traced program is called, cut to what kernels keep of such a name: "micropython". Known once the first event is told. */
#define HS_EVENT_STREAM_PROCESS 16
void hs_event_stream_process(const struct hs_event_stream *story, char name[HS_EVENT_STREAM_PROCESS]);

/* The classes, the same for every story: index from 0 to hs_event_stream_classes(). */
unsigned hs_event_stream_classes(void);
const struct hs_event_stream_class *hs_event_stream_class(unsigned index);

/* What the value of a field stands for: "threshold"; NULL when the field is no enumeration, or this no value of it. */
bool hs_event_stream_field_is_word(unsigned class, unsigned field);
const char *hs_event_stream_word(unsigned class, unsigned field, uint64_t value);

/* The model, as it is after the event told last. */
const struct hs_model *hs_event_stream_model(const struct hs_event_stream *story);

#endif
