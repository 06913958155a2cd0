/* SPDX-License-Identifier: MIT
 *
 * What is MicroPython's own about its collector. firmware-hooks/circuitpython/differences.h is CircuitPython's; the hooks
 * are compiled with one of the two.
 */
#ifndef HS_MP_DIFFERENCES_H
#define HS_MP_DIFFERENCES_H

#define HS_MP_SYSTEM "micropython " MICROPY_VERSION_STRING

/* Whether the collector looks for references in the block whose head is at a granule of an area. */
#define HS_MP_SCANS(area, granule) true

/* More functions of the m_malloc family, each wrapped by WRAP3(type, name, parameters, arguments). */
#define HS_MP_MORE_MALLOCS

/* The interpreter has a new heap; `boot`: for the first time in this boot. */
#define HS_MP_RUN_BEGINS(boot) (void)(boot)

#endif
