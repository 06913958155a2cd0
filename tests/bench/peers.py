# SPDX-License-Identifier: MIT
"""Figures of other recorders and readers. They were measured earlier, on the same kind of machine and over a
stream like the synthetic one: 10 million events, one x86-64 core, and QEMU mps2-an386 with -icount, -O2, no
locks on the recorders for microcontrollers, time from a variable. Where a section measures a peer itself,
that figure stands beside ours instead."""

EARLIER = "earlier"

# name: ns an event on a host, instructions on a Cortex-M4, bytes an event
RECORDERS = {
    "16-byte struct into a ring": (5.5, 40, 16.0),
    "plain LEB128 deltas": (9.5, 60, 4.8),
    "LEB128, kind and size folded": (12.7, 62, 4.2),
    "barectf, compact schema": (9.5, 103, 10.8),
    "SystemView into RTT": (14.0, 159, 8.5),
    "Percepio ring buffer": (13.0, 159, 16.0),
    "ESP-IDF standalone, depth 0": (12.0, 81, None),
    "ESP-IDF standalone, depth 2": (14.0, 117, None),
    "LTTng-UST": (72.0, None, 11.7),
    "heaptrack": (84.0, None, 18.7),
}

# Bytes an event over the same perf_bench programs.
PROGRAMS_BYTES = {"plain LEB128 deltas": 3.3, "SystemView": 8.5, "barectf": 10.8, "LTTng-UST": 11.7}

# Million events a second from a file.
READERS = {"heaptrack_print": 11.0, "babeltrace2, dummy sink": 6.0, "babeltrace2, text": 1.5, "Python bt2": 0.11}
BARE_LEB128_READER = 120.0  # a decoder with heap and sums by site, nothing else
