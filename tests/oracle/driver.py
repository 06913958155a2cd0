# SPDX-License-Identifier: MIT
# Runs on MicroPython:  driver.py TEST.py [THRESHOLD]
# Runs a script as the main program, however it ends, then sets the mark and prints the map. Nothing may be
# allocated between the two: both functions are at hand as defaults, and neither allocates.
import gc
import heapstrata
import micropython
import sys


def oracle(mark=heapstrata.mark, mem_info=micropython.mem_info):
    mark("oracle")
    mem_info(1)


# Threads that a script left running would go on allocating.
def alone():
    try:
        import os
        import time

        for _ in range(100):
            if len(os.listdir("/proc/self/task")) == 1:
                return True
            time.sleep(0.02)
        return False
    except (ImportError, AttributeError, OSError, MemoryError):
        return True


sys.argv.pop(0)
sys.path[0] = ""
if len(sys.argv) > 1:
    gc.threshold(int(sys.argv.pop()))
try:
    execfile(sys.argv[0])
except BaseException as e:
    print("# ended by", type(e))
while micropython.heap_locked() if hasattr(micropython, "heap_locked") else False:
    micropython.heap_unlock()
print("\n# alone" if "/thread/" not in sys.argv[0] or alone() else "\n# not alone")
oracle()
