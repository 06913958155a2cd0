/* SPDX-License-Identifier: MIT
 *
 * Writes the trace to a stream object of MicroPython while the program runs: a socket, a UART, USB, a file.
 *
 * When a packet closes, the scheduler is asked for a call, which writes as much as the stream accepts without waiting. Nothing
 * is written inside an allocation.
 */
#ifndef HS_MP_STREAM_H
#define HS_MP_STREAM_H

#include <stdbool.h>

#include "firmware-hooks/micropython/mp_parts.h"
#include "py/obj.h"

#if HS_WITH_STREAMING
/* Starts to stream to `stream`, from the oldest packet in the ring on, with a keyframe in every `every` packets. Raises an
 * exception if the object cannot be written to, or if there is no memory for a packet. */
void hs_mp_stream_begin(mp_obj_t stream, mp_uint_t every);

/* Closes the open packet, writes the rest, and ends the stream. Waits at most a second for a busy stream. */
void hs_mp_stream_end(void);

/* Writes as much as the stream accepts. Returns true if nothing is left. Raises the error that ended the stream, once. */
bool hs_mp_stream_poll(void);

/* For a soft reset: ends the stream, because its object is lost with the heap. */
void hs_mp_stream_forget(void);

/* Call after hs_reset. */
void hs_mp_stream_restart(void);

/* For hs_config.closed: asks the scheduler for a call that writes. Called with the port's lock held. */
void hs_mp_stream_wake(void);
#define HS_MP_STREAM_WAKE hs_mp_stream_wake
#else
static inline void hs_mp_stream_forget(void) {}
static inline void hs_mp_stream_restart(void) {}
#define HS_MP_STREAM_WAKE NULL
#endif

#endif
