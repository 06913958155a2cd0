/* SPDX-License-Identifier: MIT
 *
 * Chunks in, packets opened and closed, gaps between them counted, events out.
 */
#include "lib/host/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/host/input/fail.h"
#include "lib/host/replay/replay.h"

/* --- counting what is missing ------------------------------------------------------------------------- */

/* The full number of a boot from the low byte in a packet. */
static uint32_t boot_number(const struct hs_reader *r, uint8_t low)
{
    uint32_t newest = r->ring_boot > r->boot ? r->ring_boot : r->boot;
    uint8_t back = (uint8_t)(newest - low);
    return back < newest ? newest - back : low; /* no check covers the header's number */
}

static void begin_boot(struct hs_reader *r, const struct hs_packet *p)
{
    bool first = !r->packet_seen, whole = p->flags & HS_PACKET_BOOT;
    uint32_t number = boot_number(r, p->boot);
    r->info.boots++;
    r->boot = first || number > r->boot ? number : r->boot + 1;
    r->time = 0;
    r->number_base += r->next_number;
    r->next_number = p->number;
    if (first)
        r->info.overwritten_records += p->number;
    else
        r->info.lost += p->number;
    hs_heap_replay_anew(r, whole);
    r->thread = 0;
    r->level = HS_LEVEL_FULL; /* the first records of the boot change it if necessary */
}

/* Counts what is missing between the packet before and this one. False for a packet that was read already, or whose
 * numbers contradict the packet before. */
static bool connect(struct hs_reader *r, const struct hs_packet *p)
{
    int32_t missing = (int32_t)(p->seq - r->next_seq), lost = (int32_t)(p->number - (uint32_t)r->next_number);
    bool again = r->restarted && missing < 0 && p->boot == (uint8_t)r->ring_boot;
    bool boot = !r->packet_seen || p->flags & HS_PACKET_BOOT || r->packet.boot != p->boot || again;
    if ((missing < 0 && r->packet_seen && !again) || (lost < 0 && !boot))
        return false;
    r->restarted = false;
    if (!r->packet_seen)
        r->info.overwritten = p->seq;
    else if (missing > 0)
        r->info.missing_packets += (uint32_t)missing;
    r->feed->doubtful |= r->packet_seen ? missing > 0 : p->seq && !r->feed->image;
    if (boot) {
        begin_boot(r, p);
    } else if (missing || lost) {
        r->info.lost += (uint32_t)lost;
        r->next_number += (uint32_t)lost;
        hs_heap_replay_gap(r);
    }
    return true;
}

/* --- packets ------------------------------------------------------------------------------------------ */

static void complain(struct hs_reader *r, const struct hs_chunk *chunk, const char *what)
{
    hs_fail_with(&r->error, chunk->code, chunk->offset, "%s: %s at byte %llu: %s", r->path, what,
                 (unsigned long long)chunk->offset, hs_strerror(chunk->code));
}

/* Whether this packet was read already: a drain that restarts does not know what has arrived, and sends everything
 * that is still in the ring again. */
static bool seen_before(struct hs_reader *r, const struct hs_packet *p)
{
    struct hs_seen *seen = &r->seen[p->seq % HS_SEEN];
    bool again = r->again && seen->sum == p->sum && seen->seq == p->seq + 1 && !hs_packet_open(p);
    *seen = (struct hs_seen){p->seq + 1, p->sum};
    return again;
}

static void start_decoding(struct hs_reader *r, const struct hs_chunk *chunk)
{
    r->decoder.site = r->dictionary.state;
    r->decoder.n_sites = r->dictionary.n_sites;
    hs_decode_packet(&r->decoder, &chunk->packet, chunk->bytes);
}

/* Whether the check of names is correct with one more site, which no decoded record names. */
static bool is_one_more(const struct hs_decoder *d, uint32_t more)
{
    uint32_t i = 1;
    while (i < d->n_sites &&
           (!d->site[i].op || d->site[i].epoch == d->epoch || HS_SITE_CHECK(i, d->site[i].hash, d->site[i].first_size) != more))
        i++;
    return i < d->n_sites;
}

/* Whether the sites of the packet's records are the recorder's. An open packet may have one more site in its check: that of
 * the record that was being written when recording stopped. */
static bool names_match(const struct hs_reader *r, const struct hs_packet *p)
{
    uint32_t more = p->names - r->decoder.names;
    return !more || (!(p->flags & HS_PACKET_CLOSED) && is_one_more(&r->decoder, more));
}

/* Whether the packet's sites are the known ones. Needed only if a missing packet may have defined other
 * sites. */
static bool verify(struct hs_reader *r, const struct hs_chunk *chunk)
{
    int n;
    start_decoding(r, chunk);
    while ((n = hs_decode_next(&r->decoder, r->record, HS_BATCH)) > 0)
        ;
    return !n && names_match(r, &chunk->packet);
}

static void begin_packet(struct hs_reader *r, const struct hs_chunk *chunk)
{
    const struct hs_packet *p = &chunk->packet;
    const struct hs_seen *seen = &r->seen[p->seq % HS_SEEN];
    bool other = seen->seq == p->seq + 1 && seen->sum != p->sum; /* another packet had this number: the numbers restarted */
    if (seen_before(r, p)) {
        r->resent = true;
        return;
    }
    if (r->resent && (int32_t)(p->seq - r->next_seq) < 0 && !other)
        return; /* too late: it has been counted as lost */
    r->resent = false;
    r->info.packets++;
    r->info.packet_bytes += sizeof *p + p->len;
    r->info.dict_bytes += p->defs;
    if (!connect(r, p)) {
        r->info.damaged_packets++;
        r->info.damaged_bytes += sizeof *p + p->len;
        hs_fail_with(&r->error, HS_ERR_FORMAT, chunk->offset, "%s: packet %u at byte %llu does not follow on the one before it",
                     r->path, p->seq, (unsigned long long)chunk->offset);
        return;
    }
    bool known = r->feed->image && !hs_packet_open(p); /* the definitions before an image's packets are the newest */
    if (hs_dictionary_put(&r->dictionary, chunk->definitions, p->defs, known) == HS_ERR_MEMORY)
        r->fatal = HS_ERR_MEMORY;
    r->packet_seen = true;
    r->next_seq = p->seq + 1;
    r->packet = *p;
    r->packet_offset = chunk->offset;
    if ((r->feed->doubtful || r->feed->image) &&
        !verify(r, chunk)) { /* its records are lost: a missing packet had their definitions */
        r->info.unnamed_packets++;
        return;
    }
    if (p->flags & HS_PACKET_KEYFRAME)
        hs_heap_replay_keyframe(r);
    r->in_packet = true;
    r->number = r->next_number;
    r->n_records = r->at_record = 0;
    r->check = 0;
    r->checkable = true;
    start_decoding(r, chunk);
}

static void end_packet(struct hs_reader *r, int err)
{
    r->in_packet = false;
    r->next_number = r->number;
    r->n_salvaged += !err;
    if (err) {
        r->info.damaged_packets++;
        r->info.damaged_bytes += (uint64_t)(r->decoder.end - r->decoder.at);
        hs_fail_with(&r->error, err, r->packet_offset,
                     "%s: packet %u at byte %llu: its record at byte %td cannot be decoded (%s); "
                     "a site that is not defined, or damage",
                     r->path, r->packet.seq, (unsigned long long)r->packet_offset, r->decoder.at - r->decoder.start,
                     hs_strerror(err));
        hs_heap_replay_gap(r);
    } else if (!names_match(r, &r->packet)) {
        r->info.diverged++;
        hs_fail_with(&r->error, HS_ERR_CHECK, r->packet_offset,
                     "%s: packet %u at byte %llu: the places that it names are defined "
                     "otherwise",
                     r->path, r->packet.seq, (unsigned long long)r->packet_offset);
    } else if (r->packet.flags & HS_PACKET_CLOSED && r->checkable && r->check != r->packet.check) {
        hs_heap_replay_contradiction(r, "the places of its new blocks are not those that the recorder saw");
    }
}

/* --- chunks ------------------------------------------------------------------------------------------- */

static void on_header(struct hs_reader *r, const struct hs_chunk *chunk)
{
    struct hs_ring_header h;
    memcpy(&h, chunk->bytes, sizeof h);
    r->restarted = true;
    r->again = h.flags & HS_RING_AGAIN;
    r->ring_boot = h.boot;
    r->decoder.learned = hs_header_learned(&h) ? &r->learned : NULL;
    int err = hs_dictionary_facts(&r->dictionary, chunk->bytes + sizeof h, chunk->len - (uint32_t)sizeof h);
    if (err == HS_ERR_MEMORY)
        r->fatal = err;
    else if (err)
        hs_fail_with(&r->error, err, chunk->offset, "%s: the header at byte %llu: too many facts about the firmware", r->path,
                     (unsigned long long)chunk->offset);
    r->info.selftest_failed |= h.notes & HS_NOTE_SELFTEST_FAILED;
    if (r->info.hz)
        return;
    r->info.hz = h.hz;
    r->info.ring_bytes = h.flags & HS_RING_STREAM ? 0 : h.total_size;
    r->info.pointer_bytes = h.flags & HS_RING_64BIT ? 8 : 4;
    r->info.build_id = h.build_id;
    r->info.anchor = h.anchor;
}

static void on_names(struct hs_reader *r, struct hs_chunk *chunk)
{
    int err = hs_dictionary_put(&r->dictionary, chunk->bytes, chunk->len, false);
    if (!err)
        return;
    if (err == HS_ERR_MEMORY)
        r->fatal = err;
    chunk->code = err;
    complain(r, chunk, "definitions");
    r->info.damaged_bytes += chunk->len;
}

static void on_damage(struct hs_reader *r, const struct hs_chunk *chunk)
{
    char what[64];
    r->feed->doubtful = true;
    r->info.damaged_packets += chunk->refused;
    r->info.damaged_bytes += chunk->damaged;
    snprintf(what, sizeof what, chunk->refused ? "packet %u, refused," : "damage", chunk->seq);
    if (chunk->text)
        hs_fail_with(&r->error, chunk->code, chunk->offset, "%s: %s", r->path, chunk->text);
    else
        complain(r, chunk, what);
}

/* At the end of the available data. A writer may have added data and closed the file after our last read: so read once
 * more after the check that finds no writer. */
static void on_end(struct hs_reader *r)
{
    if (!r->following || r->unwritten) {
        r->done = true;
        return;
    }
    r->unwritten = !r->feed->growing(r->feed);
    r->waits = !r->unwritten;
    r->feed->follow(r->feed, r->waits); /* a partial chunk at the final end is damage */
}

static int next_chunk(struct hs_reader *r)
{
    struct hs_chunk chunk;
    int err = r->feed->next(r->feed, &chunk);
    if (err) {
        chunk.code = err;
        complain(r, &chunk, "cannot read on");
        return err;
    }
    switch (chunk.kind) {
    case HS_CHUNK_END: on_end(r); break;
    case HS_CHUNK_HEADER: on_header(r, &chunk); break;
    case HS_CHUNK_NAMES: on_names(r, &chunk); break;
    case HS_CHUNK_PACKET: begin_packet(r, &chunk); break;
    case HS_CHUNK_DAMAGE: on_damage(r, &chunk); break;
    }
    return r->fatal;
}

/* --- the end ------------------------------------------------------------------------------------------ */

/* Appends to the first error what was salvaged, which is known only at the end. */
static void say_salvaged(struct hs_reader *r)
{
    size_t len = strlen(r->error.text);
    if (!r->error.code || len >= sizeof r->error.text)
        return;
    snprintf(r->error.text + len, sizeof r->error.text - len, ". Salvaged: %llu record%s of %llu packet%s",
             (unsigned long long)r->info.records, r->info.records == 1 ? "" : "s", (unsigned long long)r->n_salvaged,
             r->n_salvaged == 1 ? "" : "s");
}

static long finish(struct hs_reader *r, int err)
{
    r->info.emitted = r->info.records + r->info.lost + r->info.overwritten_records;
    if (err)
        hs_fail_with(&r->error, err, 0, "%s: %s", r->path, hs_strerror(err));
    say_salvaged(r);
    r->done = true;
    r->fatal = err;
    return err;
}

long hs_reader_next(struct hs_reader *r, const struct hs_event **events)
{
    *events = r->event;
    r->waits = false;
    if (r->done)
        return r->fatal;
    for (;;) {
        if (r->at_record < r->n_records) {
            hs_heap_replay(r);
            if (r->fatal)
                return finish(r, r->fatal);
            if (!r->n_events) /* all are of regions that are not selected */
                continue;
            return r->n_events;
        }
        if (r->in_packet) {
            int n = hs_decode_next(&r->decoder, r->record, HS_BATCH);
            r->at_record = 0;
            r->n_records = n > 0 ? (unsigned)n : 0;
            r->info.records += r->n_records;
            if (n <= 0)
                end_packet(r, n);
            continue;
        }
        int err = next_chunk(r);
        if (err || r->done)
            return finish(r, err);
        if (r->waits)
            return 0;
    }
}

bool hs_reader_follow(struct hs_reader *r)
{
    if (r->feed->follow)
        r->feed->follow(r->feed, true);
    return r->following = r->feed->follow != NULL;
}

bool hs_reader_waits(const struct hs_reader *r) { return r->waits; }

/* --- open and close ----------------------------------------------------------------------------------- */

struct hs_reader *hs_reader_of_feed(struct hs_feed *feed, const char *name, struct hs_error *error)
{
    struct hs_reader *r = feed ? calloc(1, sizeof *r) : NULL;
    if (r && (!(r->path = strdup(name)) || hs_dictionary_open(&r->dictionary))) {
        hs_dictionary_close(&r->dictionary);
        free((char *)r->path);
        free(r);
        r = NULL;
    }
    if (!r) {
        hs_fail_with(error, HS_ERR_MEMORY, 0, "%s: %s", name, hs_strerror(HS_ERR_MEMORY));
        if (feed)
            feed->close(feed);
        return NULL;
    }
    r->feed = feed;
    r->info.source = HS_SOURCE_STREAM;
    hs_heap_replay_anew(r, false);
    return r;
}

struct hs_reader *hs_reader_open(const char *path, struct hs_error *error)
{
    struct hs_error ignored;
    error = error ? error : &ignored;
    memset(error, 0, sizeof *error);
    enum hs_source source = HS_SOURCE_STREAM;
    struct hs_reader *r = hs_reader_of_feed(hs_feed_open(path, &source, error), path, error);
    if (!r)
        return NULL;
    r->info.source = source;
    r->error = *error; /* the parts of a folder that were skipped */
    memset(error, 0, sizeof *error);
    return r;
}

void hs_reader_close(struct hs_reader *r)
{
    if (!r)
        return;
    r->feed->close(r->feed);
    hs_dictionary_close(&r->dictionary);
    hs_heapmap_close(&r->map);
    free(r->freed.item);
    free(r->block);
    free((char *)r->path);
    free(r);
}

/* --- what is known ------------------------------------------------------------------------------------ */

const struct hs_error *hs_reader_error(const struct hs_reader *r) { return &r->error; }
const struct hs_trace_info *hs_reader_info(const struct hs_reader *r) { return &r->info; }

const struct hs_site *hs_reader_site(const struct hs_reader *r, uint32_t number)
{
    return hs_dictionary_site(&r->dictionary, number);
}

uint32_t hs_reader_sites(const struct hs_reader *r) { return r->dictionary.sites.n; }

const struct hs_context *hs_reader_context(const struct hs_reader *r, uint32_t number)
{
    return hs_dictionary_context(&r->dictionary, number);
}

const struct hs_region *hs_reader_region(const struct hs_reader *r, unsigned index)
{
    return index < r->n_regions ? &r->region[index] : NULL;
}

unsigned hs_reader_regions(const struct hs_reader *r) { return r->n_regions; }

const char *hs_reader_fact(const struct hs_reader *r, const char *key)
{
    for (const struct hs_fact *fact = r->dictionary.fact; fact; fact = fact->next)
        if (!strcmp(fact->key, key))
            return fact->value;
    return NULL;
}
