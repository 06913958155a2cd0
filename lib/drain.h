/* SPDX-License-Identifier: MIT
 *
 * Draining an overwrite ring into a byte stream while it is written: from an idle loop, a task or a scheduler,
 * never from within the allocator. The recorder never waits for the drain: packets that are overwritten before
 * they were sent are losses, which the numbers of the packets count by themselves.
 *
 *     static struct hs_drain drain;
 *     static uint8_t chunk[PACKET_SIZE] __attribute__((aligned(4))), *at;
 *     static uint32_t left;
 *
 *     void idle(void) {
 *         if (!left) {
 *             at = chunk;
 *             left = hs_drain(&drain, chunk);
 *         }
 *         uint32_t sent = uart_write_what_fits(at, left);
 *         at += sent;
 *         left -= sent;
 *     }
 *
 * Chunks are those of lib/ring.h: each has a check and can be found among other bytes. The header is sent again in front of each
 * keyframe, behind which all is defined anew: a receiver that comes late or lost something knows all from there on.
 */
#ifndef HS_DRAIN_H
#define HS_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

/* Where a drain stands. Zeroed but for `again`: it begins with the oldest packet in the ring, also with those of
 * boots before. */
struct hs_drain {
    bool again;         /* not the first drain in this boot: a receiver may have some of the packets already, and leaves
                         * those out */
    uint32_t seq;       /* of the next packet */
    uint32_t named;     /* while `naming`: packet whose definitions are sent next, in front of what may need them */
    uint32_t repeated;  /* packet before which all was sent again, plus one */
    uint32_t skipped;   /* packets that were overwritten before they were sent */
    uint16_t naming;    /* packets whose definitions are still to be sent */
    bool begun, header; /* `seq` is set; the header has been sent */
};

/* Bytes of the largest chunk. */
uint32_t hs_drain_room(void);

/* Writes the next chunk into `chunk`, which has hs_drain_room() bytes and is aligned as a word. Returns its length, 0 when there is nothing to
 * send at present. Takes the port's lock for tens of instructions at a time. Not from two contexts at once. */
uint32_t hs_drain(struct hs_drain *drain, uint8_t *chunk);

/* Asks for a keyframe now, and for one in every `packets` packets from then on; 0: as if there was no drain. */
void hs_drain_keyframes(uint32_t packets);

#endif
