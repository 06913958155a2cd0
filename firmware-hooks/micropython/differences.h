/* SPDX-License-Identifier: MIT
 *
 * Properties of MicroPython's collector that CircuitPython's does not share. The hooks are compiled with this file or with
 * firmware-hooks/circuitpython/differences.h.
 */
#ifndef HS_MP_DIFFERENCES_H
#define HS_MP_DIFFERENCES_H

#define HS_MP_SYSTEM "micropython " MICROPY_VERSION_STRING

/* Whether the collector searches the block at this granule of an area for references. */
#define HS_MP_SCANS(area, granule) true

/* More functions of the m_malloc family, each wrapped by WRAP3(type, name, parameters, arguments). */
#define HS_MP_MORE_MALLOCS

/* Called when the interpreter has a new heap; `boot`: the first one in this boot. */
#define HS_MP_RUN_BEGINS(boot) (void)(boot)

/* Records facts that change while the firmware runs, and the most bytes that they take. */
#define HS_MP_RECORD_FACTS() (void)0
#define HS_MP_FACTS_SIZE 0u

#endif
