# SPDX-License-Identifier: MIT
# Steps with a mark each. With the argument "more" the second one keeps twice as much, and takes longer.
import gc
import sys
import heapstrata

more = len(sys.argv) > 1 and sys.argv[1] == "more"
kept = []


def collect_readings(n):
    for i in range(n):
        kept.append(bytearray(20 + i % 50))
        str(i) * 3


def report_them():
    return "".join([str(len(k)) for k in kept])


heapstrata.mark("start")
collect_readings(60)
heapstrata.mark("readings")
collect_readings(240 if more else 120)
heapstrata.mark("report")
report_them()
heapstrata.snapshot(refs=True)
gc.collect()
heapstrata.mark("end")
