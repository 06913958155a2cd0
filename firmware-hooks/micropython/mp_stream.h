/* SPDX-License-Identifier: MIT
 *
 * The trace over any stream object of MicroPython, while the program runs: a socket, a UART, USB, a file.
 *
 * A closed packet asks the scheduler for a call, which writes what the stream takes at once. Nothing is written
 * from within an allocation.
 */
#ifndef HS_MP_STREAM_H
#define HS_MP_STREAM_H

#include <stdbool.h>

#include "py/obj.h"

/* Streams to `stream` from now on, beginning with the oldest packet in the ring, with a keyframe in every
 * `every` packets. Raises when the object cannot be written to, or there is no memory for a packet. */
void hs_mp_stream_begin(mp_obj_t stream, mp_uint_t every);

/* Closes the packet at hand, writes what is left, waiting up to a second for a stream that is busy, and ends. */
void hs_mp_stream_end(void);

/* Writes what the stream takes. Returns whether nothing is left. Raises the error that ended the stream, once. */
bool hs_mp_stream_poll(void);

/* The heap goes, and the stream with it. */
void hs_mp_stream_forget(void);

/* The image begins anew. */
void hs_mp_stream_restart(void);

/* For hs_config.closed. */
void hs_mp_stream_wake(void);

#endif
