/* SPDX-License-Identifier: MIT
 *
 * Drains an overwritten ring into a byte stream while it is recorded: from an idle loop, a task or a scheduler, never from
 * inside the allocator. The recorder never waits for the drain. A packet that is overwritten before it was sent is a loss; the
 * numbers in the packets count it.
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
 * Chunks are those of lib/ring.h: each has a check and can be found among other bytes. The header is sent again before each
 * keyframe, and after a keyframe all definitions are written again. So a receiver that starts late or loses data can read
 * everything from the next keyframe on.
 */
#ifndef HS_DRAIN_H
#define HS_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

/* State of a drain. The caller owns it and zeroes all but `again` to begin with the oldest packet in the ring, which may be of
 * an earlier boot. */
struct hs_drain {
    bool again;         /* true if it is not the first drain in this boot: the receiver skips packets that it already has */
    uint32_t seq;       /* number of the next packet to send */
    uint32_t named;     /* while `naming`: packet whose definitions are sent next, before packets that may need them */
    uint32_t repeated;  /* number of the packet before which the header was last sent, plus one */
    uint32_t skipped;   /* packets that were overwritten before they were sent */
    uint16_t naming;    /* number of packets whose definitions are not sent yet */
    bool begun, header; /* `seq` is set; the header has been sent */
};

/* Bytes of the largest chunk. Valid after hs_init. */
uint32_t hs_drain_room(void);

/* Writes the next chunk into `chunk`, which has hs_drain_room() bytes and is aligned to 4. Returns its length, 0 if there is
 * nothing to send now. Holds the port's lock for tens of instructions, or longer to copy the header or, at the start of a drain,
 * the open packet's definitions. Not from two contexts at the same time. */
uint32_t hs_drain(struct hs_drain *drain, uint8_t *chunk);

/* Requests a keyframe now, and then one in every `packets` packets, or more often if the ring is small. 0: restores the default
 * and requests none. */
void hs_drain_keyframes(uint32_t packets);

#endif
