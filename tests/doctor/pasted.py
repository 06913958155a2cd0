# SPDX-License-Identifier: MIT
"""Texts as people paste them: lines that firmwares print, one row for each kind of question. Each row says which findings
are right (all others must be absent) and which words must, or must not, stand in them. Every text is read as it is, quoted,
with carriage returns, with time stamps, and as a terminal program logs it."""
import collections

Text = collections.namedtuple("Text", "name codes says never severity text")


def row(name, codes, text, says=(), never=(), severity=None):
    return Text(name, codes, says, never, severity, text)


ESP32 = "MicroPython v1.22.2 on 2024-02-22; Generic ESP32 module with ESP32\n"
S3_QUAD = "MicroPython v1.23.0 on 2024-06-02; Generic ESP32S3 module with ESP32S3\n"
GROWN = """stack: 736 out of 15360
GC: total: 127936, used: 104016, free: 23920, max new split: 49152
 No. of 1-blocks: 1003, 2-blocks: 142, max blk sz: 1837, max free sz: 1270
"""
SUMMARY = """Heap summary for capabilities 0x00000004:
  At 0x3ff80518 len 6872 free 144 allocated 5104 min_free 144
    largest_free_block 0 alloc_blocks 35 free_blocks 0 total_blocks 35
  At 0x3ffb9a20 len 16648 free 320 allocated 14704 min_free 308
    largest_free_block 8 alloc_blocks 75 free_blocks 1 total_blocks 76
  At 0x3ffce4a0 len 72544 free 52436 allocated 18484 min_free 52040
    largest_free_block 32768 alloc_blocks 116 free_blocks 2 total_blocks 118
  At 0x3ffe0440 len 129984 free 20836 allocated 107524 min_free 20836
    largest_free_block 16384 alloc_blocks 1 free_blocks 1 total_blocks 2
  Totals:
    free 73808 allocated 151408 min_free 73400 largest_free_block 32768
"""
BOOT = """ESP-ROM:esp32s3-20210327
Build:Mar 27 2021
rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)
I (24) boot: ESP-IDF v5.2.2 2nd stage bootloader
I (203) cpu_start: Multicore app
I (246) heap_init: Initializing. RAM available for dynamic allocation:
I (253) heap_init: At 3FC98EF0 len 00050820 (322 KiB): RAM
I (310) main_task: Started on CPU0
"""

MAP = """MicroPython v1.23.0 on 2024-06-02; Raspberry Pi Pico with RP2040
GC: total: 8192, used: 512, free: 7680
 No. of 1-blocks: 0, 2-blocks: 16, max blk sz: 2, max free sz: 312
GC memory layout; from 20007e60:
%s"""
ROWS = ["%05x: %s%s\n" % (n * 0x400, "h=" * 4, "." * 56) for n in range(4)]
REST = "       (4 lines all free)\n"

TEXTS = [
    # PSRAM: what the board has, what the build is for
    row("an octal build on a board with quad PSRAM", ["HS-PSRAM-MISSING"],
        "Board: camera with an esp32s3, flash=16M psram=8M\nmake.py esp32 BOARD=ESP32_GENERIC_S3 BOARD_VARIANT=SPIRAM_OCT --flash-size=16\n" + GROWN +
        "PSRAM 8 MB, Quad SPI\n", says=("without SPIRAM_OCT",), never=("for octal (8-line) PSRAM",)),
    row("a plain ESP32 whose build looks for PSRAM that most modules lack", ["HS-PSRAM-NOTFOUND"],
        "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\nI (605) psram: This chip is ESP32-D0WD\n"
        "E (605) spiram: SPI RAM enabled but initialization failed. Bailing out.\nI (606) cpu_start: Failed to init external RAM; continuing without it.\n"
        "MicroPython v1.12 on 2019-12-20; ESP32 module (spiram) with ESP32\n", says=("WROOM", "harmless", "WROVER"),
        never=("flash a build with SPIRAM support", "gc.mem_free()"), severity="warning"),
    row("a module whose name says that it has none", [],
        "board: ESP32-S3-WROOM-1-N8\n" + S3_QUAD + "GC: total: 64000, used: 6848, free: 57152, max new split: 155648\n"
        " No. of 1-blocks: 80, 2-blocks: 21, max blk sz: 72, max free sz: 3561\n"),
    row("a text that says that there is no PSRAM", [],
        "chip: ESP32-S3, no PSRAM\n" + S3_QUAD + "GC: total: 64000, used: 6848, free: 57152, max new split: 155648\n"
        " No. of 1-blocks: 80, 2-blocks: 21, max blk sz: 72, max free sz: 3561\n"),
    row("gc.mem_free() alone, of a quad build on an octal module", ["HS-PSRAM-MISSING"],
        "ESP32-S3 N16R8\nMicroPython v1.23.0-preview.184.gbf68bb95f on 2024-03-07; ESP32S3 module (spiram) with ESP32S3\n"
        ">>> import gc\n>>> gc.collect()\n>>> gc.mem_free()\n267120\n", says=("267120", "8 MB", "SPIRAM_OCT")),
    row("gc.mem_free() of megabytes", [], "ESP32-S3 N16R8\n" + S3_QUAD + ">>> gc.mem_free()\n8299616\n"),
    row("Arduino: PSRAM by the IDE's menu", ["HS-PSRAM-NOTFOUND"],
        "ESP-ROM:esp32s3-20210327\nE (100) quad_psram: PSRAM chip is not connected, or wrong PSRAM line mode\n"
        "[   113][E][esp32-hal-psram.c:44] psramInit(): PSRAM init failed!\n", says=("OPI", "Tools"), never=("MicroPython", "SPIRAM_OCT")),
    row("ESPHome: PSRAM by its configuration", ["HS-PSRAM-NOTFOUND"],
        "[I][app:100]: ESPHome version 2024.6.0 compiled on Jun 20 2024\n"
        "E (311) quad_psram: PSRAM chip is not connected, or wrong PSRAM line mode\nESP-ROM:esp32s3-20210327\n",
        says=("mode: octal",), never=("MicroPython", "SPIRAM_OCT", "menu")),
    # MemoryError
    row("while a module is imported", ["HS-HEAP-FAILED"],
        'Traceback (most recent call last):\n  File "main.py", line 3, in <module>\n  File "driver.py", line 12, in <module>\n'
        "MemoryError: memory allocation failed, allocating 704 bytes\nMicroPython v1.13 on 2020-09-11; ESP module with ESP8266\n",
        says=("imported", "mpy-cross", "driver.py")),
    row("an import typed at the prompt", ["HS-HEAP-FAILED"],
        '>>> import big_font\nTraceback (most recent call last):\n  File "<stdin>", line 1, in <module>\n'
        "MemoryError: memory allocation failed, allocating 4096 bytes\n", says=("imported", "mpy-cross", "big_font")),
    row("a main program's own line is no import", ["HS-HEAP-FAILED"],
        'Traceback (most recent call last):\n  File "main.py", line 3, in <module>\nMemoryError: memory allocation failed, allocating 704 bytes\n', never=("mpy-cross",)),
    row("without a word", ["HS-HEAP-FAILED"],
        'Traceback (most recent call last):\n  File "main.py", line 4, in <module>\nMemoryError: \nMicroPython v1.20.0 on 2023-04-26; ESP module with ESP8266\n',
        says=("no memory was left even for the message",)),
    row("with %u for the number", ["HS-HEAP-FAILED"], "MemoryError: memory allocation failed, allocating %u bytes\n", says=("even for the message",)),
    row("as a class", ["HS-HEAP-FAILED"], "MicroPython v1.19.1 on 2022-06-18; ESP32 module with ESP32\n<class 'MemoryError'>\n"),
    row("a question in which the poster says what is free", ["HS-HEAP-FAILED"],
        "Hello, my ESP32 stops after some hours:\n\nTraceback (most recent call last):\n  File \"main.py\", line 61, in <module>\n  File \"upload.py\", line 40, in send\n"
        "MemoryError: memory allocation failed, allocating 3072 bytes\n\nAt the prompt gc.mem_free() shows 58416 bytes, so why?\n",
        says=("says that 58416 bytes are free, and 3072 were refused: the free bytes are in pieces, as far as the text tells",
              "import gc, micropython", "gc.collect()", "micropython.mem_info(1)", "heapstrata doctor console.log", "heapstrata record --serial PORT main.py")),
    row("a poster's source says nothing of what is free", ["HS-HEAP-FAILED"],
        "if gc.mem_free() < 58416:\n    gc.collect()\nassert gc.mem_free() == 61232\nmem_free() is 58.4 KB\nMemoryError: memory allocation failed, allocating 3072 bytes\n",
        never=("58416", "61232", "58 bytes")),
    row("less is free than our bound for pieces", ["HS-HEAP-FAILED"],
        "GC: total: 40000, used: 37904, free: 2096\n No. of 1-blocks: 310, 2-blocks: 75, max blk sz: 128, max free sz: 11\n"
        "MemoryError: memory allocation failed, allocating 640 bytes\n", says=("176 at most in one piece: the heap is nearly full, and what is free is in pieces",),
        never=("enough was free", "gc.collect()")),
    row("more is free than our bound for pieces", ["HS-FRAG-HIGH", "HS-HEAP-FAILED"],
        "GC: total: 40000, used: 35904, free: 4096\n No. of 1-blocks: 310, 2-blocks: 75, max blk sz: 128, max free sz: 11\n"
        "MemoryError: memory allocation failed, allocating 640 bytes\n", says=("176 at most in one piece: enough was free, but in pieces",)),
    row("larger than the whole heap", ["HS-HEAP-TOO-SMALL"],
        "GC: total: 64000, used: 20000, free: 44000\n No. of 1-blocks: 100, 2-blocks: 20, max blk sz: 282, max free sz: 2700\n"
        "MemoryError: memory allocation failed, allocating 115200 bytes\n", says=("more than the whole heap has",)),
    row("ENOMEM while the Python heap has room", ["HS-SYSTEM-HEAP"],
        "MicroPython v1.13 on 2020-09-02; ESP32 module with ESP32\n>>> import gc; gc.collect(); gc.mem_free()\n84112\n"
        ">>> urequests.get('https://example.com')\nTraceback (most recent call last):\n  File \"urequests.py\", line 60, in request\nOSError: [Errno 12] ENOMEM\n",
        says=("84112", "idf_heap_info", "not Python's")),
    row("no lock", ["HS-SYSTEM-HEAP"], "MicroPython v1.20.0 on 2023-04-26; ESP32 module with ESP32\nMemoryError: can't create lock\n"),
    row("TLS", ["HS-SYSTEM-HEAP"], "MicroPython v1.20.0 on 2023-04-26; ESP32 module with ESP32\nOSError: (-32512, 'MBEDTLS_ERR_SSL_ALLOC_FAILED')\n"),
    row("WiFi", ["HS-SYSTEM-HEAP"], "MicroPython v1.20.0 on 2023-04-26; ESP32 module with ESP32\nOSError: WiFi Out of Memory\n"),
    row("free memory that falls after each collection", ["HS-HEAP-GROWING"],
        "".join(">>> gc.collect(); gc.mem_free()\n%d\n" % n for n in (90000, 88000, 86000, 84000)), says=("2000 bytes a time", "42 times")),
    row("free memory that comes back", [], "".join(">>> gc.collect(); gc.mem_free()\n%d\n" % n for n in (90000, 88000, 91000, 84000, 83000))),
    row("free memory that falls without collections", [], "".join(">>> gc.mem_free()\n%d\n" % n for n in (90000, 88000, 86000, 84000, 82000))),
    # figures
    row("the heap may grow by a larger piece", [],
        "MicroPython v1.23.0 on 2024-06-02; ESP32C3 module with ESP32C3\nGC: total: 64000, used: 47808, free: 16192, max new split: 69632\n"
        " No. of 1-blocks: 749, 2-blocks: 133, max blk sz: 98, max free sz: 203\n"),
    row("nearly full, and grows", ["HS-HEAP-NEARLY-FULL"],
        "MicroPython v1.22.0 on 2023-12-27; Generic ESP32 module with ESP32\nstack: 1536 out of 15360\n"
        "GC: total: 64000, used: 61968, free: 2032, max new split: 110592\n No. of 1-blocks: 749, 2-blocks: 196, max blk sz: 142, max free sz: 23\n",
        says=("96.8%", "grow by 110592 bytes"), severity="note"),
    row("the same without a banner: no sign of PSRAM, no warning", ["HS-HEAP-NEARLY-FULL"],
        ">>> micropython.mem_info()\nstack: 708 out of 15360\nGC: total: 64000, used: 61840, free: 2160, max new split: 30720\n"
        " No. of 1-blocks: 1150, 2-blocks: 211, max blk sz: 264, max free sz: 19\n>>> \n", says=("96.6%", "grow by 30720 bytes"), never=("PSRAM",), severity="note"),
    row("room in the heap, without a banner", [],
        ">>> micropython.mem_info()\nstack: 708 out of 15360\nGC: total: 64000, used: 12000, free: 52000, max new split: 110592\n"
        " No. of 1-blocks: 150, 2-blocks: 41, max blk sz: 264, max free sz: 3190\n"),
    row("a collection between the calls", [],
        "MicroPython v1.19.1 on 2022-06-18; ESP32 module with ESP32\n>>> import gc, micropython\n>>> gc.mem_free()\n70016\n>>> gc.collect()\n"
        ">>> gc.mem_free()\n108448\n>>> gc.mem_alloc()\n2736\n>>> micropython.mem_info()\nstack: 736 out of 15360\n"
        "GC: total: 111168, used: 2944, free: 108224\n No. of 1-blocks: 40, 2-blocks: 9, max blk sz: 24, max free sz: 6750\n"),
    row("more seems free than is used no more", ["HS-HEAP-NEARLY-FULL"],
        "GC: total: 64000, used: 61000, free: 3000, max new split: 69632\n No. of 1-blocks: 749, 2-blocks: 196, max blk sz: 142, max free sz: 23\n"
        "MicroPython v1.23.0 on 2024-06-02; ESP32C3 module with ESP32C3\n>>> gc.mem_alloc()\n55792\n>>> gc.mem_free()\n93616\n", severity="note"),
    row("both calls in one line", [],
        "MicroPython v1.19.1 on 2022-06-18; ESP32 module with ESP32\n>>> gc.mem_alloc(), gc.mem_free()\n(2736, 108448)\n"
        "GC: total: 111168, used: 2944, free: 108224\n No. of 1-blocks: 40, 2-blocks: 9, max blk sz: 24, max free sz: 6750\n"),
    row("calls that cannot be of this heap", ["HS-FIGURES-CONTRADICT"],
        "MicroPython v1.19.1 on 2022-06-18; ESP32 module with ESP32\n>>> gc.mem_alloc()\n2736\n>>> gc.mem_free()\n908448\n"
        "GC: total: 111168, used: 2944, free: 108224\n No. of 1-blocks: 40, 2-blocks: 9, max blk sz: 24, max free sz: 6750\n"),
    row("a map that was cut", ["HS-MAP-UNUSED"],
        "stack: 1140 out of 7936\nGC: total: 192064, used: 16384, free: 175680\n No. of 1-blocks: 46, 2-blocks: 20, max blk sz: 625, max free sz: 10830\n"
        "GC memory layout; from 20007e60:\n00000: h=MhhhDShS..hDhS.DBBBh===BDBh====B=BBBBBBBB=B.B=BBB.B=.B.B=Bh===\n...\n", severity="note"),
    row("a map that lost a character", ["HS-MAP-UNUSED"],
        "stack: 532 out of 7936\nGC: total: 192064, used: 4896, free: 187168\n No. of 1-blocks: 52, 2-blocks: 13, max blk sz: 64, max free sz: 11650\n"
        "GC memory layout; from 200084a0:\n00000: h=MhhhBDhhBTTBDhTBDBBBh===DBDh====B=BBBBBBTB=BTB=BBBTB=TBTB=Bh=\n"
        "00400: =BB=h===========TB=h=h===================h=====h==h=============\n", severity="note"),
    row("a healthy boot log", [], BOOT),
    # ESP-IDF
    row("a heap summary", [], SUMMARY),
    row("a heap summary and what could not be had", ["HS-IDF-FAILED"], "malloc of 36864 bytes failed\n" + SUMMARY, says=("36864", "32768", "0x3ffce4a0", "never joined")),
    row("abort when an allocation fails", ["HS-IDF-FAILED"], "Mem alloc fail. size 0x00000640 caps 0x00000008\n\nabort() was called at PC 0x40376f71 on core 0\n",
        says=("1600 bytes", "DMA")),
    row("a chip without PSRAM", ["HS-IDF-FAILED"],
        "I (54) boot.esp32c3: SPI Speed      : 80MHz\nheap_caps_malloc was called but failed to allocate 1600 bytes with 0x80C capabilities.\n",
        says=("WiFi",), never=("CONFIG_SPIRAM",)),
    row("nothing was asked for", ["HS-IDF-ZERO"], "heap_caps_malloc was called but failed to allocate 0 bytes with 0x4 capabilities.\n"),
    row("C++", ["HS-IDF-FAILED"],
        "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\n\nabort() was called at PC 0x400e1a5b on core 1\n"),
    row("an ESP8266", ["HS-ESP8266-FAILED"], ":oom(1460)@core_esp8266_main.cpp:37\n", says=("1460 bytes", "ESP8266")),
    row("an ESP8266's last failed call", ["HS-ESP8266-FAILED"], "last failed alloc call: 40211B14(1460)\n", says=("ESP8266",)),
    row("WiFi's own message", ["HS-IDF-FAILED"], "I (3021) wifi:mem fail\n"),
    row("TLSF's lists", ["HS-IDF-CORRUPT"], "assert failed: block_locate_free tlsf.c:566 (block_size(block) >= size)\n", says=("lists are overwritten",)),
    row("poisoning's assertion", ["HS-IDF-CORRUPT"], "assert failed: multi_heap_free multi_heap_poisoning.c:259 (head != NULL)\n"),
    row("written to after free()", ["HS-IDF-CORRUPT"], "CORRUPT HEAP: Invalid data at 0x3ffb8a1c. Expected 0xfefefefe got 0x00000001\n", says=("after free()",),
        never=("beyond", "CONFIG_HEAP_POISONING_COMPREHENSIVE")),
    row("freed twice", ["HS-IDF-CORRUPT"], "CORRUPT HEAP: Bad head at 0x3ffb8a1c. Expected 0xabba1234 got 0xfefefefe\n", says=("freed twice",)),
    row("overrun", ["HS-IDF-CORRUPT"], "CORRUPT HEAP: Bad tail at 0x3ffb3b14. Expected 0xbaad5678 got 0xbaac5678\n", says=("beyond the end",)),
    row("freed twice, by TLSF", ["HS-IDF-CORRUPT"], "assert failed: tlsf_free tlsf.c:1120 (!block_is_free(block) && \"block already marked as free\")\n", says=("freed twice",)),
    row("a task's stack", ["HS-IDF-STACK"], "***ERROR*** A stack overflow in task main has been detected.\n", says=("not the heap",)),
    row("a heap trace with leaks", ["HS-IDF-LEAK"],
        "====== Heap Trace: 3 records (100 capacity) ======\n"
        "   512 bytes (@ 0x3ffb6388, Internal) allocated CPU 0 ccount 0x0b3c5a2c caller 0x400d1234:0x400d5678\n"
        "   512 bytes (@ 0x3ffb6588, Internal) allocated CPU 0 ccount 0x0b3c6a2c caller 0x400d1234:0x400d5678\n"
        "    16 bytes (@ 0x3ffb6788, Internal) allocated CPU 1 ccount 0x0b3c7a2c caller 0x400daaaa:0x400dbbbb\n"
        "====== Heap Trace Summary ======\nMode: Heap Trace Leaks\n1040 bytes 'leaked' in trace (3 allocations)\n"
        "records: 3 (100 capacity, 5 high water mark)\ntotal allocations: 7\ntotal frees: 4\n",
        says=("1040 bytes", "1024 bytes in 2 blocks: caller 0x400d1234:0x400d5678")),
    row("a heap trace without", [],
        "====== Heap Trace: 0 records (100 capacity) ======\n====== Heap Trace Summary ======\nMode: Heap Trace Leaks\n0 bytes 'leaked' in trace (0 allocations)\n"
        "total allocations: 7\ntotal frees: 7\n"),
    # chips
    row("an ESP32-P4 is no ESP32", ["HS-HEAP-FAILED"],
        "ESP-ROM:esp32p4-eco2-20240710\nMicroPython v1.25.0 on 2025-04-15; ESP32P4 module with ESP32P4\nMemoryError: memory allocation failed, allocating 65536 bytes\n",
        says=("ESP32-P4", "768 KB"), never=("328 KB",)),
    # lwIP
    row("a pool that is empty, and lwIP's statistics", ["HS-POOL-EMPTY", "HS-POOL-EMPTY", "HS-POOL-EMPTY", "HS-POOL-HEAP"],
        "*** PANIC ***\n\nsys_timeout: timeout != NULL, pool MEMP_SYS_TIMEOUT is empty\nMEM SYS_TIMEOUT\n\tavail: 6\n\tused: 6\n\tmax: 6\n\terr: 1\n"
        "MEM PBUF_POOL\n\tavail: 16\n\tused: 16\n\tmax: 16\n\terr: 112\nmemp_malloc: out of memory in pool TCP_PCB\n"
        "mem_malloc: could not allocate 1556 bytes\n", says=("SYS_TIMEOUT, of 6 elements", "MEMP_NUM_SYS_TIMEOUT", "mDNS", "PBUF_POOL_SIZE 32", "112", "MEM_SIZE")),
    row("a name that was cut", ["HS-POOL-EMPTY"], "*** PANIC ***\nsys_timeout: timeout != NULL, pool MEMP_SYS_T\n", says=("MEMP_NUM_SYS_TIMEOUT",)),
    row("a MemoryError on CircuitPython, whose heap grows", ["HS-HEAP-FAILED"],
        "Adafruit CircuitPython 9.1.4 on 2024-09-17; Raspberry Pi Pico with rp2040\n>>> import big\nTraceback (most recent call last):\n"
        '  File "code.py", line 3, in <module>\nMemoryError: memory allocation failed, allocating 12288 bytes\n',
        says=("grows by itself", "gc.mem_free()", "no micropython.mem_info()"), never=("does not grow", "MicroPython's heap")),
    row("a stack that grew into CircuitPython's heap", ["HS-SAFE-STACK"],
        "You are in safe mode: something unanticipated happened.\nThe CircuitPython heap was corrupted because the stack was too small.\n"
        "Please increase the stack size if you know how, or if not:\n", says=("recursion",)),
    row("an exception outside a program on CircuitPython", ["HS-SAFE-HEAP"],
        "Adafruit CircuitPython 9.2.4 on 2025-01-29; Example C3 with ESP32-C3FH4\nRunning in safe mode! Not running saved code.\n\n"
        "You are in safe mode because:\nCircuitPython core code crashed hard. Whoops!\nHeap allocation when VM not running.\n", says=("display",)),
    row("CircuitPython's stack of frames", ["HS-SAFE-PYSTACK"],
        "Traceback (most recent call last):\n  File \"code.py\", line 9, in <module>\n  File \"code.py\", line 4, in deep\nRuntimeError: pystack exhausted\n",
        says=("CIRCUITPY_PYSTACK_SIZE",)),
    row("a safe mode in which memory is not the reason", [],
        "You are in safe mode because:\nYou pressed the BOOT button at start up.\nPress reset to exit safe mode.\n"),
    row("TLS on a LoPy4", ["HS-SYSTEM-HEAP"],
        "(sysname='LoPy4', machine='LoPy4 with ESP32', version='v1.11-6d01270 on 2020-05-04')\nOSError: [Errno -1] ERR_MEM\n", says=("system's heap",)),
    row("a heap trace whose end is missing", ["HS-IDF-LEAK"],
        "====== Heap Trace: 13 records (100 capacity) ======\n"
        "    84 bytes (@ 0x3fca94d8, Internal) allocated CPU 0 ccount 0x042ac374 caller 0x40376183:0x4037da9c\n"
        "    84 bytes (@ 0x3fca9530, Internal) allocated CPU 0 ccount 0x042ae93c caller 0x40376183:0x4037da9c\n"
        "    12 bytes (@ 0x3fcaa114, Internal) allocated CPU 0 ccount 0x04371de8 caller 0x40376183:0x403761b8\n", says=("at least 180 bytes", "168 bytes in 2 blocks")),
    row("a pool that is empty on CircuitPython", ["HS-POOL-EMPTY"],
        "Adafruit CircuitPython 9.0.4 on 2024-04-16; Raspberry Pi Pico W with rp2040\nsys_timeout: timeout != NULL, pool MEMP_SYS_TIMEOUT is empty\n",
        says=("9.2.5",), never=("lwipopts.h",)),
    # the same messages with what loggers, terminals and programs put around them
    row("colors", ["HS-PSRAM-NOTFOUND"], "\033[0;31mE (311) quad_psram: PSRAM chip is not connected, or wrong PSRAM line mode\033[0m\n"),
    row("colors whose first byte is lost", ["HS-PSRAM-NOTFOUND"], "[0;31mE (311) quad_psram: PSRAM chip is not connected, or wrong PSRAM line mode[0m\n"),
    row("a logger's line", ["HS-HEAP-FAILED"], "2024-06-02 12:34:56,789 - root - ERROR - MemoryError: memory allocation failed, allocating 704 bytes\n"),
    row("logging's own format", ["HS-HEAP-FAILED"], "ERROR:root:memory allocation failed, allocating 704 bytes\n"),
    row("a system's log", ["HS-HEAP-FAILED"], "Jun  2 12:34:56 kitchen app[17]: MemoryError: memory allocation failed, allocating 704 bytes\n"),
    row("an exception that a program prints", ["HS-HEAP-FAILED"], "Error reading sensor: memory allocation failed, allocating 704 bytes\n"),
    row("an exception after a word", ["HS-HEAP-FAILED"], "failed memory allocation failed, allocating 704 bytes\n"),
    row("an exception's repr", ["HS-HEAP-FAILED"], "MemoryError('memory allocation failed, allocating 704 bytes',)\n"),
    row("an exception's arguments", ["HS-HEAP-FAILED"], "('memory allocation failed, allocating 704 bytes',)\n"),
    row("class and exception", ["HS-HEAP-FAILED"], "<class 'MemoryError'> memory allocation failed, allocating 704 bytes\n"),
    row("ENOMEM that a program prints", ["HS-SYSTEM-HEAP"], "cannot open socket: [Errno 12] ENOMEM\n"),
    row("LLVM's linker", ["HS-HOOKS-UNLINKED"], "ld.lld: error: undefined symbol: hs_wraps_are_missing_at_the_link\n"),
    row("GNU's linker", ["HS-HOOKS-UNLINKED"],
        "/usr/bin/ld: build/mod_heapstrata.o: in function `hs_image':\nmod_heapstrata.c:(.text.hs_image+0x8): undefined reference to `hs_wraps_are_missing_at_the_link'\n"),
    row("an assertion of lwIP's own ports", ["HS-POOL-EMPTY"],
        'Assertion "sys_timeout: timeout != NULL, pool MEMP_SYS_TIMEOUT is empty" failed at line 190 in src/core/timeouts.c\n'),
    row("pools that refused nothing", [], "MEM SYS_TIMEOUT\n\tavail: 6\n\tused: 2\n\tmax: 5\n\terr: 0\n"),
    # what a text's platform has; what is repeated, and what is done once
    row("an octal build on a module whose PSRAM is quad or absent", ["HS-PSRAM-NOTFOUND"],
        "E (206) octal_psram: PSRAM chip is not connected, or wrong PSRAM line mode\n"
        "E cpu_start: Failed to init external RAM, needed external RAM cache size is 0 bytes; continuing without it.\n"
        "MicroPython v1.23.0 on 2024-06-02; Generic ESP32S3 module with Octal-SPIRAM with ESP32S3\n",
        says=("without SPIRAM_OCT",), never=("flash the build for octal",)),
    row("a build for the module's own kind of PSRAM that finds none", ["HS-PSRAM-NOTFOUND"],
        "ESP32-S3-WROOM-1-N16R8\nE (206) octal_psram: PSRAM chip is not connected, or wrong PSRAM line mode\n"
        "MicroPython v1.23.0 on 2024-06-02; Generic ESP32S3 module with Octal-SPIRAM with ESP32S3\n",
        says=("marking", "GPIO 33 to 37"), never=("flash the build",)),
    row("PSRAM that a later start found", [],
        "E (210) quad_psram: PSRAM ID read error: 0x00ffffff, PSRAM chip not found or not supported\nESP-ROM:esp32s3-20210327\n"
        "MicroPython v1.23.0 on 2024-06-02; Generic ESP32S3 module with Octal-SPIRAM with ESP32S3\n>>> gc.mem_free()\n8189120\n"),
    row("a remark at the prompt", [],
        S3_QUAD + ">>> import gc; gc.mem_free()\n233120\n>>> # My board has no PSRAM, so I never see a MemoryError\n"),
    row("imports between looks", [],
        "".join(">>> import %s\n>>> gc.collect(); gc.mem_free()\n%d\n" % m for m in (("network", 98000), ("umqtt.simple", 94000), ("ssd1306", 91000), ("ntptime", 90000), ("urequests", 88000)))),
    row("a reboot between looks", [],
        "".join(">>> gc.collect(); gc.mem_free()\n%d\n" % n for n in (20000, 19000)) + "MPY: soft reboot\n" +
        "".join(">>> gc.collect(); gc.mem_free()\n%d\n" % n for n in (18000, 17500, 17400))),
    row("other things done between looks", [],
        "".join(">>> %s\n>>> gc.collect(); gc.mem_free()\n%d\n" % m for m in (("a = bytearray(1000)", 98000), ("lcd = LCD()", 94000), ("f = open('x')", 91000),
                                                                              ("table = make_table()", 90000), ("net.connect()", 88000)))),
    row("the same done between looks, after other things", ["HS-HEAP-GROWING"],
        ">>> gc.collect(); gc.mem_free()\n99000\n>>> import net\n>>> gc.collect(); gc.mem_free()\n98000\n" +
        "".join(">>> net.get(%d)\n>>> gc.collect(); gc.mem_free()\n%d\n" % m for m in ((1, 97000), (2, 96000), (3, 95000), (4, 94000))), says=("98000", "94000", "1000 bytes a time"),
        never=("99000",)),
    row("a dump whose figures contradict each other, after one that is sound", ["HS-FIGURES-WRONG"],
        "MicroPython v1.23.0 on 2024-06-02; ESP32C3 module with ESP32C3\nGC: total: 64000, used: 14096, free: 49904, max new split: 110592\n"
        " No. of 1-blocks: 165, 2-blocks: 47, max blk sz: 72, max free sz: 3100\nGC: total: 64000, used: 64096, free: 49904\n", says=("no other check",)),
    row("such a dump alone, and a failure", ["HS-FIGURES-WRONG", "HS-HEAP-FAILED"],
        "GC: total: 64000, used: 64096, free: 49904\nMemoryError: memory allocation failed, allocating 70000 bytes\n", never=("more than the whole heap",)),
    row("TLS on MicroPython, and what the system logged", ["HS-SYSTEM-HEAP"],
        "E (4021) esp-tls: Failed to allocate memory\nOSError: (-17040, 'MBEDTLS_ERR_RSA_PUBLIC_FAILED+MBEDTLS_ERR_MPI_ALLOC_FAILED')\nOSError: [Errno 12] ENOMEM\n",
        says=("line 2: ", "OSError: (-17040", "esp-tls", "idf_heap_info"), never=("heap_caps_print_heap_info", "MEM_SIZE")),
    row("components of ESP-IDF that got no memory", ["HS-IDF-FAILED"],
        "I (280) cpu_start: Multicore app\nW (4000) wifi:m f null\nE (4500) esp-aes: Failed to allocate memory\n"
        "E (4510) I2S: i2s_alloc_dma_buffer(760): Error malloc dma buffer\nE (5000) transport_base: Failed to allocate 16384 bytes\nESP_ERR_NO_MEM\n",
        says=("could not give 16384 bytes", "transport_base", "esp-aes", "CONFIG_MBEDTLS_HARDWARE_AES=n", "for DMA"), never=("m f null",)),
    row("a task's stack is no corrupt heap", ["HS-IDF-STACK"], "***ERROR*** A stack overflow in task mqtt_task has been detected.\nabort() was called at PC 0x40086f19 on core 0\n"),
    row("a larger request than the heap", ["HS-HEAP-TOO-SMALL"],
        "MicroPython v1.20.0 on 2023-04-26; Raspberry Pi Pico W with RP2040\n>>> a = bytearray(200000)\nTraceback (most recent call last):\n  File \"<stdin>\", line 1, in <module>\n"
        "MemoryError: memory allocation failed, allocating 200000 bytes\nGC: total: 166016, used: 15008, free: 151008\n"
        " No. of 1-blocks: 130, 2-blocks: 31, max blk sz: 64, max free sz: 9000\n", says=("smaller pieces", "more RAM"), never=("record it", "PSRAM:")),
    row("a larger request than the chip's memory", ["HS-HEAP-TOO-SMALL"],
        "MicroPython v1.20.0 on 2023-04-26; ESP module with ESP8266\nMemoryError: memory allocation failed, allocating 115200 bytes\n", says=("smaller pieces",)),
    row("a negative size", ["HS-HEAP-TOO-SMALL"], "MemoryError: memory allocation failed, allocating 4294967295 bytes\n", says=("negative",), never=("smaller pieces",)),
    row("more than gc.mem_free()", ["HS-HEAP-FAILED"],
        ">>> gc.mem_free()\n84112\n>>> b = bytearray(90000)\nMemoryError: memory allocation failed, allocating 90000 bytes\n", says=("84112", "smaller pieces")),
    row("an ESP8266 with Arduino", ["HS-ESP8266-FAILED"],
        "User exception (panic/abort/assert)\n--------------- CUT HERE FOR EXCEPTION DECODER ---------------\nUnhandled C++ exception: OOM\nlast failed alloc call: 40201A5E(16384)\n",
        says=("16384 bytes", "0x40201a5e", "getMaxFreeBlockSize", "setBufferSizes"), never=("heap_caps", "CONFIG_", "38 KB", "ESP-IDF's")),
    row("an ESP8266 that is out of memory, after a reset", ["HS-ESP8266-FAILED"],
        "rst cause:2, boot mode:(3,6)\nFatal exception 29(StoreProhibitedCause):\n:oom(32)@core_esp8266\n", says=("32 bytes",), never=("heap_caps", "CONFIG_", "38 KB")),
    # reports from forums and issues, written down before the doctor had read them
    row("TLS by urequests on an ESP32", ["HS-SYSTEM-HEAP"],
        ESP32 + 'Traceback (most recent call last):\n  File "main.py", line 31, in <module>\n  File "urequests.py", line 116, in get\n'
        '  File "urequests.py", line 60, in request\n  File "ssl.py", line 1, in wrap_socket\nOSError: [Errno 12] ENOMEM\n', says=("idf_heap_info", "TLS"), never=("heap_caps", "lwipopts.h")),
    row("TLS in ESP-IDF, by the library's number", ["HS-IDF-FAILED"],
        "I (3210) example: Connecting to server\nE (15208) esp-tls-mbedtls: mbedtls_ssl_setup returned -0x7F00\nE (15208) esp-tls: create_ssl_handle failed\n"
        "E (15218) esp-tls: Failed to open new connection\nE (15218) transport_base: Failed to open a new connection\n", says=("0x7F00", "TLS"), never=("MicroPython",)),
    row("TLS on an ESP32 with Arduino", ["HS-IDF-FAILED"],
        "[ 12023][E][ssl_client.cpp:37] _handle_error(): [start_ssl_client():273]: (-32512) SSL - Memory allocation failed\n"
        "[ 12030][E][WiFiClientSecure.cpp:144] connect(): start_ssl_client: -32512\n", says=("TLS", "getMaxAllocHeap"), never=("heap_caps", "MicroPython")),
    row("a camera without PSRAM", ["HS-IDF-FAILED"],
        "E (1203) cam_hal: cam_dma_config(301): frame buffer malloc failed\nE (1213) cam_hal: cam_config(390): cam_dma_config failed\nE (1213) gdma: gdma_disconnect(309): no peripheral is connected to the channel\n"
        "[  1220][E][camera_example.ino:88] setup(): Camera init failed with error 0xffffffff\n", says=("frame buffer", "PSRAM"), never=("gdma_disconnect", "MicroPython")),
    row("ESPHome's JSON", ["HS-IDF-FAILED"],
        "[12:20:11][I][app:102]: ESPHome version 2023.12.5 compiled on Dec 28 2023\n"
        "[12:20:41][E][json:041]: Could not allocate memory for JSON document! Requested 1024 bytes, largest free heap block: 912 bytes\n",
        says=("1024 bytes", "debug:"), never=("912 bytes were", "give 912", "heap_caps", "MicroPython")),
    row("ESP-IDF's memory on CircuitPython", ["HS-SYSTEM-HEAP"],
        "Adafruit CircuitPython 8.2.6 on 2023-09-12; Adafruit Feather ESP32-S2 TFT with ESP32S2\nTraceback (most recent call last):\n"
        '  File "code.py", line 22, in <module>\nespidf.MemoryError: ESP-IDF memory allocation failed\n', says=("espidf.heap_caps_get",), never=("idf_heap_info", "heap_caps_print", "MicroPython")),
    row("CircuitPython's sockets", [],
        "Adafruit CircuitPython 8.2.6 on 2023-09-12; Adafruit Feather ESP32-S2 TFT with ESP32S2\nTraceback (most recent call last):\n"
        '  File "code.py", line 40, in <module>\n  File "adafruit_requests.py", line 700, in get\nRuntimeError: Out of sockets\n'),
    row("lwIP's statistics of its heap", ["HS-POOL-HEAP"], "MEM HEAP\n\tavail: 1600\n\tused: 1584\n\tmax: 1592\n\terr: 12\n", says=("12", "MEM_SIZE", "1600")),
    row("the Pico SDK's malloc()", ["HS-SYSTEM-HEAP"], "*** PANIC ***\n\nOut of memory\n", says=("malloc()",), never=("MicroPython", "heap_caps")),
    row("a frame buffer that is too long for the free runs", ["HS-HEAP-FAILED"],
        "MicroPython v1.22.1 on 2024-01-05; Raspberry Pi Pico W with RP2040\n>>> import gc; gc.collect(); gc.mem_free()\n178240\n>>> import main\n"
        'Traceback (most recent call last):\n  File "<stdin>", line 1, in <module>\n  File "main.py", line 12, in <module>\n  File "ili9341.py", line 90, in __init__\n'
        "MemoryError: memory allocation failed, allocating 153600 bytes\n", says=("178240", "one piece"), never=("mpy-cross", "PSRAM")),
    row("WiFi by a number on MicroPython", ["HS-SYSTEM-HEAP"],
        ESP32 + "E (31570) wifi:Expected to init 10 rx buffer, actual is 3\nTraceback (most recent call last):\n  File \"boot.py\", line 8, in <module>\n"
        "OSError: Wifi Unknown Error 0x0101\n", says=("0x0101", "rx buffer", "idf_heap_info")),
    row("a null pointer after a failed allocation", ["HS-IDF-FAILED"],
        "E (8123) HTTP_CLIENT: Allocation failed\nGuru Meditation Error: Core  0 panic'ed (StoreProhibited). Exception was unhandled.\nEXCVADDR: 0x00000000\n", says=("HTTP_CLIENT",)),
    row("a corrupt heap, in the words of ESP-IDF 3", ["HS-IDF-CORRUPT"], "CORRUPT HEAP: multi_heap.c:432 detected at 0x3ffc1f28\nabort() was called at PC 0x40083e05 on core 0\n"),
    row("a pointer that is not of the heap", ["HS-IDF-CORRUPT"],
        'assert failed: heap_caps_free heap_caps.c:382 (heap != NULL && "free() target pointer is outside heap areas")\n', says=("not of the heap",)),
    row("the same before ESP-IDF 4.4", ["HS-IDF-CORRUPT"],
        'assertion "heap != NULL && "free() target pointer is outside heap areas"" failed: file "/home/me/esp/esp-idf/components/heap/heap_caps.c", line 285, function: heap_caps_free\n',
        says=("not of the heap",)),
    row("the stack of Arduino's loop", ["HS-IDF-STACK"],
        "[  4123][I][main.ino:20] setup(): start\nGuru Meditation Error: Core  1 panic'ed (Unhandled debug exception).\nDebug exception reason: Stack canary watchpoint triggered (loopTask)\n",
        says=("SET_LOOP_TASK_STACK_SIZE",), never=("CONFIG_ESP_MAIN_TASK",)),
    row("an import on an ESP8266", ["HS-HEAP-FAILED"],
        "MicroPython v1.19.1 on 2022-06-18; ESP module with ESP8266\n>>> import urequests\nTraceback (most recent call last):\n  File \"<stdin>\", line 1, in <module>\n"
        "MemoryError: memory allocation failed, allocating 1536 bytes\n>>> import gc; gc.mem_free()\n2144\n", says=("imported", "mpy-cross"), never=("heap_caps", "PSRAM")),
    row("the ESP8266's SDK under MicroPython", ["HS-ESP8266-FAILED"], "MicroPython v1.19.1 on 2022-06-18; ESP module with ESP8266\n>>> sta.connect('x', 'y')\nE:M 2080\n", says=("2080 bytes",), never=("ESP.getFreeHeap",)),
    row("the same call again and again", ["HS-HEAP-GROWING"],
        ESP32 + "".join(">>> poll(); gc.collect(); gc.mem_free()\n%d\n" % n for n in (98000, 97200, 96400, 95600, 94800)), says=("800 bytes a time",)),
    row("an issue's form", ["HS-PSRAM-MISSING"],
        "### Port, board and/or hardware\n\nESP32-S3-DevKitC-1 N8R8\n\n### MicroPython version\n\nMicroPython v1.22.2 on 2024-02-22; Generic ESP32S3 module with ESP32S3\n\n"
        "### Reproduction\n\n```\n>>> import gc\n>>> gc.mem_free()\n149216\n```\n\n### Expected behaviour\n\nI expect 8 MB of PSRAM to be usable.\n", says=("SPIRAM_OCT", "149216")),
    row("lwIP's buffers on a Pico W", ["HS-SYSTEM-HEAP"],
        "MicroPython v1.22.1 on 2024-01-05; Raspberry Pi Pico W with RP2040\nTraceback (most recent call last):\n  File \"main.py\", line 50, in <module>\nOSError: [Errno 105] ENOBUFS\n",
        says=("lwIP",), never=("idf_heap_info",)),
    row("a driver's buffer", ["HS-IDF-FAILED"], "E (1234) uart: UART driver malloc error\nE (1240) modbus: mb_serial failed\n", says=("uart",)),
    row("interrupts that are all in use", [], "E (1234) intr_alloc: No free interrupt inputs for UART1 interrupt (flags 0x40E)\nI (300) cpu_start: Multicore app\n"),
    row("a full flash partition", [], "E (321) nvs: nvs_flash_init failed (ESP_ERR_NVS_NO_FREE_PAGES)\nE (400) esp_littlefs: failed to allocate block, no space left on device\nI (300) cpu_start: Multicore app\n"),
    row("a board's exception that mpremote passes on", ["HS-HEAP-FAILED"],
        'Traceback (most recent call last):\n  File "/usr/bin/mpremote", line 8, in <module>\n    sys.exit(main())\n'
        "mpremote.transport.TransportError: ('exception', b'', b'Traceback (most recent call last):\\r\\n  File \"<stdin>\", line 5, in <module>\\r\\n"
        "MemoryError: memory allocation failed, allocating 4096 bytes\\r\\n')\n", says=("4096",)),
    # maps of which the poster has cut lines
    row("a map without its end", ["HS-MAP-UNUSED"], MAP % (ROWS[0] + ROWS[1]), severity="note",
        says=("lines are missing at its end: 128 of 512 granules are shown", "16 granules are in use, by 8 blocks", "free run has 56 granules, 896 bytes")),
    row("a map without its begin", ["HS-MAP-UNUSED"], (MAP % (ROWS[2] + ROWS[3] + REST)).replace("GC memory layout; from 20007e60:\n", ""), severity="note",
        says=("lines are missing at its begin: 384 of 512 granules are shown", "16 granules are in use, by 8 blocks")),
    row("a map without its begin, whose head is there", ["HS-MAP-UNUSED"], MAP % (ROWS[2] + ROWS[3] + REST), severity="note",
        says=("lines are missing at its begin",)),
    row("a map without lines in the middle", ["HS-MAP-UNUSED"], MAP % (ROWS[0] + ROWS[3] + REST), severity="note",
        says=("lines are missing in the middle: 384 of 512 granules are shown", "free run has 312 granules")),
    row("a whole map", [], MAP % ("".join(ROWS) + REST)),

    # free memory in a log
    row("free heap that falls in ESP-IDF's log", ["HS-HEAP-GROWING"],
        "".join("I (%d) APP: Free heap: %d, min: %d\n" % m for m in ((8020, 201400, 200100), (28020, 195220, 193800), (48020, 189100, 188000), (68020, 182900, 181500),
                                                                   (88020, 176700, 175100))),
        says=("each of 5 readings", "201400 (line 1)", "176700 (line 5)", "6175 bytes a time, 308.8 bytes a second", "28 times more, 9.54 min", "heap_trace_dump()"),
        never=("gc.", "compare"), severity="warning"),
    row("the same before a start of the board", ["HS-HEAP-GROWING"],
        "".join("I (%d) APP: Free heap: %d\n" % m for m in ((8020, 41400), (28020, 31220), (48020, 21100), (68020, 10900))) +
        "rst:0xc (SW_CPU_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\nI (8020) APP: Free heap: 41400\n", says=("41400 (line 1)", "10900 (line 4)")),
    row("free heap of which the start of a program takes most", [],
        "".join("I (%d) APP: Free heap: %d\n" % m for m in ((400, 301400), (900, 262220), (1500, 221100), (9000, 219900), (19000, 219800)))),
    row("free heap while a program starts", [],
        "".join("I (%d) APP: Free heap: %d\n" % m for m in ((400, 301400), (900, 262220), (1500, 221100), (2100, 180200)))),
    row("free heap that comes back in the end", [],
        "".join("I (%d) APP: Free heap: %d\n" % m for m in ((8020, 41400), (28020, 31220), (48020, 21100), (68020, 10900), (88020, 41400)))),
    row("free heap of three readings", [], "".join("I (%d) APP: Free heap: %d\n" % m for m in ((8020, 41400), (28020, 31220), (48020, 21100)))),
    row("free flash is no heap", [],
        "".join("I (%d) spiffs: Free: %d\n" % m for m in ((8020, 41400), (28020, 31220), (48020, 21100), (68020, 10900)))),
    row("Arduino prints its free heap", ["HS-HEAP-GROWING"], "".join("Free heap: %d bytes\n" % n for n in (201400, 195220, 189100, 182900)), says=("6166 bytes a time",),
        severity="warning"),
    row("free memory of a program that may have garbage", ["HS-HEAP-GROWING"], "".join("free mem: %d\n" % n for n in (91100, 88000, 84900, 81900, 78800)),
        says=("gc.collect() before each reading",), severity="note"),
    row("a task that could not be made", ["HS-IDF-FAILED"],
        "I (1290) mon: free 180332, largest 98304\nI (241290) mon: free 28120, largest 7168\nE (469400) net: xTaskCreate failed\nE (469401) httpd: httpd_server_init: error in creating thread\n",
        says=("could not give the stack of a new task", "one piece of internal RAM", "free 28120, largest 7168", "creating thread", "uxTaskGetStackHighWaterMark"), never=("180332",)),

    # kinds that were met later
    row("the innermost frame of a traceback", ["HS-HEAP-FAILED"],
        '>>> OTA.fetch()\nTraceback (most recent call last):\n  File "<stdin>", line 1, in <module>\n  File "/lib/senko.py", line 74, in fetch\n'
        '  File "urequests.py", line 28, in text\n  File "urequests.py", line 20, in content\nMemoryError: memory allocation failed, allocating 12288 bytes\n',
        says=("urequests.py", "line 20"), never=("imported",)),
    row("a package that imports its parts", ["HS-HEAP-FAILED"],
        'Traceback (most recent call last):\n  File "boot.py", line 46, in <module>\n  File "stripe.py", line 30, in start_server\n'
        '  File "MicroWebSrv2/__init__.py", line 18, in <module>\n  File "MicroWebSrv2/httpRequest.py", line 8, in <module>\n'
        "MemoryError: memory allocation failed, allocating 136 bytes\n", says=("imported", "httpRequest.py")),
    row("an import, and the heap of a board that has just started", ["HS-HEAP-FAILED"],
        'Traceback (most recent call last):\n  File "<stdin>", line 1, in <module>\n  File "main.py", line 9, in <module>\n'
        '  File "pages/menu_principal.py", line 17, in <module>\nMemoryError: memory allocation failed, allocating 640 bytes\n\n'
        ">>> micropython.mem_info()\nstack: 736 out of 15360\nGC: total: 111168, used: 8720, free: 102448\n"
        " No. of 1-blocks: 193, 2-blocks: 27, max blk sz: 24, max free sz: 6390\n", says=("imported", "menu_principal.py")),
    row("WiFi: malloc failed for a frame", ["HS-IDF-FAILED"], "I (51848) wifi:bcn_timout,ap_probe_send_start\nW (51848) wifi:m f probe req l=0\n"),
    row("a core dump", ["HS-IDF-FAILED"],
        "==================== ESP32 CORE DUMP START ====================\n\nCrashed task handle: 0x3ffdda50, name: 'wifi', GDB name: 'process 1073601104'\n"
        "Panic reason: Mem alloc fail. size 0x000006a0 caps 0x00001800\n", says=("1696 bytes",)),
    row("ESPHome's LVGL", ["HS-IDF-FAILED"],
        "[19:47:23.008][E][lvgl:598]: Failed to allocate 153600 bytes\n[19:47:23.008][E][component:419]: lvgl set Error flag: Memory allocation failure\n",
        says=("153600 bytes",)),
    row("ESPHome's log in a browser", ["HS-IDF-FAILED"],
        "21:02:35\t[E]\t[json:050]\tCould not allocate memory for JSON document! Overflowed largest free heap block: 8 bytes\n",
        says=("free heap block: 8 bytes",), never=("could not give 8 bytes",)),
    row("TLS: a large number without memory", ["HS-IDF-FAILED"],
        "E (7795) esp-tls: mbedtls_ssl_handshake returned -0x10\nE (7795) esp-tls: Failed to open new connection\nE (7795) MQTT_CLIENT: Error transport connect\n"),
    row("TLS: in words", ["HS-IDF-FAILED"],
        "E (59644) on_error: MQTT_EVENT_ERROR: Last esp-tls error code: 0x8010 = ESP_ERR_MBEDTLS_SSL_HANDSHAKE_FAILED\n"
        "E (59654) on_error: Last mbedtls failure: 0x10 = BIGNUM - Memory allocation failed\n"),
    row("TLS: an alert of the other side is no lack of memory", [],
        "E (64702) esp-tls: mbedtls_ssl_handshake returned -0x7780\nI (64702) esp-tls: Certificate verified.\nE (64711) esp-tls: Failed to open new connection\n"),
    row("TLS: a buffer", ["HS-IDF-FAILED"], "E (23012) mbedtls: ssl_tls.c:6893 alloc(16717 bytes) failed\n"),
    row("free memory that stays", [],
        "".join("I (30%d0657) app_main: Free internal %d biggest block 23552 total %d\n" % (i, n, n) for i, n in enumerate((42476, 42448, 42480, 41568, 42332)))),
    row("a tail, where it was found, and by whom", ["HS-IDF-CORRUPT"],
        "CORRUPT HEAP: Bad tail at 0x3ffe04d1. Expected 0xbaad5678 got 0xcececece\nCORRUPT HEAP: multi_heap.c:370 detected at 0x3ffe04d8\n"
        "abort() was called at PC 0x400889bb on core 0\n", says=("beyond the end",)),
    row("no PSRAM, thus no frame buffer", ["HS-PSRAM-NOTFOUND", "HS-IDF-FAILED"],
        "E (221) psram: PSRAM ID read error: 0xffffffff\nE (861) cam_hal: cam_dma_config(301): frame buffer malloc failed\n"
        "E (862) camera: Camera config failed with error 0xffffffff\n"),
    row("LVGL: a layer", ["HS-LVGL-HEAP"],
        "[Warn]\t(0.940, +940)\t lv_draw_buf_create_ex: No memory: 236x100, cf: 16, stride: 944, 94400Byte,  lv_draw_buf.c:296\n"
        "[Warn]\t(0.950, +10)\t lv_draw_layer_alloc_buf: Allocating layer buffer failed. Try later lv_draw.c:442\n", says=("94400", "LV_MEM_SIZE")),
    row("LVGL's own memory", ["HS-LVGL-HEAP"],
        "[Error]\t(0.512, +512)\t lv_mem_alloc: couldn't allocate memory (40960 bytes) \t(in lv_mem.c line #150)\n[Warn]\tlv_init: Log level is set to 'Info'\n", says=("40960", "LV_MEM_SIZE"), never=("ESP-IDF",)),
    row("Zephyr: a thread's stack", ["HS-RTOS-STACK", "HS-POOL-EMPTY"],
        "*** Booting Zephyr OS build v3.5.0 ***\n[00:00:12.345,000] <err> net_pkt: Data buffer (1500) allocation failed (rx)\n[00:00:12.346,000] <err> os: ***** MPU FAULT *****\n"
        "[00:00:12.350,000] <err> os: >>> ZEPHYR FATAL ERROR 2: Stack overflow on CPU 0\n", says=("not the heap", "CONFIG_THREAD_ANALYZER", "CONFIG_NET_BUF_RX_COUNT"), never=("ESP-IDF",)),
    row("Zephyr: its heap", ["HS-RTOS-FAILED"],
        "*** Booting Zephyr OS build v3.5.0 ***\n[00:00:01.345,000] <err> app: k_malloc(2048) failed\n[00:00:01.346,000] <err> littlefs: mount failed: -12 (ENOMEM)\n"
        "[00:00:01.350,000] <err> app: Failed to allocate 2048 bytes\n", says=("k_malloc(2048) failed", "CONFIG_HEAP_MEM_POOL_SIZE"), never=("ESP-IDF", "Python")),
    row("Zephyr: network buffers", ["HS-POOL-EMPTY"],
        "[00:00:09.514,617] <err> net_buf: pkt_alloc_buffer():876: Failed to get free buffer\n[00:00:09.514,648] <err> net_pkt: Data buffer (704) allocation failed.\n"
        "[00:00:09.614,074] <wrn> net_conn: pkt cloning failed, pkt 0x20038c58 dropped\n", says=("Data buffer (704)", "net_buf_unref"), never=("lwIP", "ESP-IDF")),
    row("Zephyr: connections", ["HS-POOL-EMPTY"],
        "[00:06:55.740,000] <err> net_conn: Not enough connection contexts. Consider increasing CONFIG_NET_MAX_CONN.\n[00:06:55.740,000] <err> net_tcp: Cannot allocate a new TCP connection\n",
        says=("CONFIG_NET_MAX_CONN larger",), never=("CONFIG_NET_BUF_RX_COUNT",)),
    row("FreeRTOS: its hook", ["HS-RTOS-FAILED"], "Free heap: 1024 bytes\nvApplicationMallocFailedHook() called\n", says=("Free heap: 1024", "vPortGetHeapStats"), never=("ESP-IDF", "Python")),
    row("Zephyr: Bluetooth's buffers", ["HS-POOL-EMPTY"],
        "[00:02:29.443,542] <wrn> bt_conn: Unable to allocate buffer within timeout\n[00:02:29.443,572] <err> bt_l2cap: Unable to allocate buffer for op 0x12\n",
        says=("CONFIG_BT_",), never=("k_malloc", "net mem", "Python")),
    row("an assertion of ESP-IDF before 4.4", ["HS-IDF-CORRUPT"],
        'assertion "next > (intptr_t)block" failed: file "/opt/esp/esp-idf/components/heap/./multi_heap.c", line 116, function: get_next_block\nabort() was called at PC 0x40102623 on core 0\n',
        says=("overwritten",)),
    row("a stack of a task, its line cut", ["HS-IDF-STACK"], "RROR*** A stack overflow in task tas5805m_ has been detected.\n\nBacktrace: 0x4008cfa0:0x3ffcbe70\n", says=("tas5805m_",)),
    row("WiFi's own buffers", ["HS-IDF-FAILED"], "E (706988) wifi: esf_buf: t=7 l=222 max:16, alloc:16 no eb\nE (706988) wifi: esf_buf: t=7 l=1600 max:16, alloc:16 no eb\n",
        says=("the WiFi driver's own buffers", "DYNAMIC_TX_BUFFER_NUM"), never=("ESP-IDF's heap could",)),
    row("Mongoose OS on an ESP32", ["HS-IDF-FAILED"],
        "[Apr 10 12:56:50.688] E:M 68469\n[Apr 10 12:56:50.688] Heap summary for capabilities 0x00001800:\n[Apr 10 12:56:50.688]   At 0x3ffb2730 len 15448 free 0 allocated 15324 min_free 0\n"
        "[Apr 10 12:56:50.688]     largest_free_block 0 alloc_blocks 23 free_blocks 0 total_blocks 23\n", says=("68469 bytes",), never=("ESP8266", "getMaxFreeBlockSize")),
    row("NodeMCU on an ESP8266", ["HS-ESP8266-FAILED"],
        "E:M 520\nPANIC: unprotected error in call to Lua API (error loading module 'StaMod' from file 'StaMod.lua':\n\tnot enough memory)\n\n ets Jan  8 2013,rst cause:2, boot mode:(3,7)\n",
        says=("520 bytes", "node.heap()"), never=("setBufferSizes", "PROGMEM")),
    row("C++'s operator new, decoded", ["HS-IDF-FAILED"],
        "abort() was called at PC 0x4013ed4f on core 0\n\n0x4013e697: __cxxabiv1::__cxa_throw(void*, std::type_info*, void (*)(void*)) at /builds/idf/eh_throw.cc line 87\n"
        "0x4013e786: operator new(unsigned int) at /builds/idf/new_op.cc line 54\n0x400da73f: cbuf::resize(unsigned int) at cores/esp32/cbuf.cpp line 49\n", says=("operator new",)),
    row("ESPHome on a board that the text does not name: a display", ["HS-IDF-FAILED"],
        "[14:07:24][E][display:017]: Could not allocate buffer for display!\n[14:07:24][C][wifi:033]: Setting up WiFi...\n", says=("the board's heap", "debug:"), never=("heap_caps",)),
    row("lwIP: data to be sent", ["HS-POOL-HEAP"],
        "tcp_write(pcb=2000A244, data=200035BF, len=17, apiflags=3)\npbuf_alloc(length=1460)\ntcp_write : could not allocate memory for pbuf copy size 17\n", says=("MEM_SIZE",)),
    row("calls that are nested too deeply", ["HS-STACK-FULL"],
        'Unhandled exception in IRQ callback handler\nTraceback (most recent call last):\n  File "ble.py", line 77, in _irq\nRuntimeError: maximum recursion depth exceeded\n',
        says=("micropython.schedule()", "ble.py", "not the heap"), never=("MemoryError",)),
    # reports of one day, written down before the doctor had read them
    row("ESPHome's JSON on a board that the text does not name", ["HS-IDF-FAILED"],
        "[20:02:33][E][json:048]: Could not allocate memory for JSON document! Overflowed largest free heap block: 120 bytes\n"
        "[20:05:53][E][json:048]: Could not allocate memory for JSON document! Overflowed largest free heap block: 8 bytes\n",
        says=("the board's heap", "debug:", "web_server"), never=("heap_caps", "ESP-IDF's")),
    row("ESPHome's free heap at its start", ["HS-HEAP-NEARLY-FULL"],
        "[15:15:17][D][debug:035]: ESPHome version 2024.7.3\n[15:15:17][D][debug:039]: Free Heap Size: 1168 bytes\n[15:15:17][D][debug:041]: Flash Chip: Size=2048kB Speed=40MHz Mode=DOUT\n",
        says=("1168 bytes", "web_server"), never=("heap_caps",)),
    row("a healthy heap of ESPHome", [], "[15:15:17][D][debug:035]: ESPHome version 2024.7.3\n[15:15:17][D][debug:039]: Free Heap Size: 21168 bytes\n"),
    row("TLS by a number, on a terminal with Chinese brackets", ["HS-IDF-FAILED"],
        "esp_get_minimum_free_heap_size():224\nheap_caps_get_largest_free_block():39396\nesp_get_free_heap_size:49264\n\n"
        "\u30102020-06-22 16:28:24:375\u3011E (7795) esp-tls: mbedtls_ssl_handshake returned -0x10\nE (7795) esp-tls: Failed to open new connection\n",
        says=("mbedtls_ssl_handshake returned -0x10", "minimum_free_heap_size():224", "TLS wants"), never=("Python",)),
    row("a least free heap", ["HS-HEAP-NEARLY-FULL"], "I (5000) app: running\nesp_get_minimum_free_heap_size():224\n", says=("224 bytes",), never=("Python",)),
    row("internal memory that is nearly full", ["HS-HEAP-NEARLY-FULL"],
        "E (64702) esp-tls: mbedtls_ssl_handshake returned -0x7780\nI (64702) esp-tls: Certificate verified.\nHeap summary for capabilities 0x00000800:\n"
        "  At 0x3ffae6e0 len 6432 free 0 allocated 6284 min_free 0\n    largest_free_block 0 alloc_blocks 29 free_blocks 0 total_blocks 29\n"
        "  At 0x3ffb9d30 len 156368 free 3568 allocated 151912 min_free 0\n    largest_free_block 3420 alloc_blocks 210 free_blocks 4 total_blocks 214\n"
        "  At 0x3ffe0440 len 15296 free 7316 allocated 7844 min_free 5084\n    largest_free_block 7260 alloc_blocks 24 free_blocks 2 total_blocks 26\n",
        says=("93.9%", "7260 bytes", "10884 of 178096"), never=("Python",)),
    row("regions with room", [],
        "Heap summary for capabilities 0x00001800:\n  At 0x3ffb6388 len 7288 free 0 allocated 7168 min_free 0\n    largest_free_block 0 alloc_blocks 22 free_blocks 0 total_blocks 22\n"
        "  At 0x3ffcc870 len 79760 free 26808 allocated 52520 min_free 19840\n    largest_free_block 26716 alloc_blocks 94 free_blocks 6 total_blocks 100\n"),
    row("ESP-IDF's exception without words", ["HS-SYSTEM-HEAP"],
        "espidf.get_total_psram()=2097152\nespidf.heap_caps_get_free_size()=1975079\nespidf.heap_caps_get_largest_free_block()=1867776\n"
        'Traceback (most recent call last):\n  File "adafruit_requests.py", line 515, in _get_socket\nespidf.MemoryError: \n',
        says=("1867776", "internal memory"), never=("idf_heap_info", "heap_caps_print", "lwipopts")),
    row("a MemoryError that a program logs by its class", ["HS-HEAP-FAILED"],
        "[06/29/2024 15:03:42] ERROR InfluxWriter._send_request(body=tempmon,sensor=otext temp=72.92) Exception:  <class 'MemoryError'>\n"),
    row("a heap that could still grow", ["HS-HEAP-FAILED"],
        "MicroPython v1.20.0-363-g91674c41b on 2023-08-15; ProS3 with ESP32-S3\nstack: 640 out of 15360\nGC: total: 260032, used: 133008, free: 127024, max new split: 7995392\n"
        " No. of 1-blocks: 13, 2-blocks: 4, max blk sz: 4096, max free sz: 2032\nMemoryError: memory allocation failed, allocating 56320 bytes\n",
        says=("it could not when it failed",), never=("more was in use",)),
    row("memory that lasts for no further round", ["HS-SYSTEM-HEAP", "HS-HEAP-GROWING"],
        "MicroPython v1.20.0 on 2023-04-26; Raspberry Pi Pico W with RP2040\n" + "".join("MEM: Count: %d Free memory: %d\n" % pair for pair in
        enumerate((180224, 142160, 104096, 66032, 27968, 17056), 1)) + '  File "urequests.py", line 93, in request\nOSError: [Errno 12] ENOMEM\n',
        says=("less is free than the next time takes", "close every response"), never=("0 times",)),
    # kinds of public reports, written down before the doctor had read them
    row("a later failure that requested more, on CircuitPython", ["HS-HEAP-FAILED"],
        "Adafruit CircuitPython 9.1.0 on 2024-07-10; Adafruit Feather RP2040 DVI with rp2040\ncode.py output:\nTraceback (most recent call last):\n"
        '  File "code.py", line 31, in <module>\nMemoryError: memory allocation failed, allocating 61440 bytes\n\nsoft reboot\ncode.py output:\n'
        'Traceback (most recent call last):\n  File "code.py", line 44, in <module>\nMemoryError: memory allocation failed, allocating 76800 bytes\n',
        says=("61440", "line 11", "76800"), never=("imported",)),
    row("a MemoryError without words of C code, on CircuitPython", ["HS-HEAP-FAILED"],
        "Adafruit CircuitPython 8.2.6 on 2023-09-12; Adafruit Matrix Portal M4 with samd51j19\nTraceback (most recent call last):\n  File \"code.py\", line 7, in <module>\n"
        '  File "panel/matrix.py", line 88, in __init__\nMemoryError: \n\nCode done running.\n', says=("outside of Python's heap", "matrix.py", "bit_depth"), never=("mem_info(1)",)),
    row("a MemoryError without words in CircuitPython's sockets", ["HS-SYSTEM-HEAP"],
        'Free: 31200\nTraceback (most recent call last):\n  File "code.py", line 52, in <module>\n  File "adafruit_requests.py", line 711, in get\n'
        '  File "adafruit_requests.py", line 514, in _get_socket\nMemoryError: \n', says=("no words", "31200", "close every response"), never=("bit_depth", "idf_heap_info")),
    row("the same with an ESP32 at SPI", ["HS-SYSTEM-HEAP"],
        'Traceback (most recent call last):\n  File "code.py", line 40, in <module>\n  File "adafruit_requests.py", line 600, in get\n'
        '  File "adafruit_esp32spi/adafruit_esp32spi_socket.py", line 80, in connect\nMemoryError: \n', says=("AirLift",), never=("idf_heap_info",)),
    row("ESP-IDF's figures in a program's own words, on CircuitPython", ["HS-SYSTEM-HEAP"],
        "Adafruit CircuitPython 7.3.3 on 2022-08-29; FeatherS2 with ESP32S2\nIDF total 160332 free 20144 largest 11264\nTraceback (most recent call last):\n"
        '  File "code.py", line 90, in <module>\n  File "adafruit_requests.py", line 440, in _get_socket\nespidf.MemoryError: \n', says=("free 20144 largest 11264",)),
    row("a size that is computed wrongly, after an import", ["HS-HEAP-TOO-SMALL"],
        "Adafruit CircuitPython 8.2.6 on 2023-09-12; Raspberry Pi Pico with rp2040\n>>> import displayio\n>>> b = displayio.Bitmap(-20, 40, 1)\nTraceback (most recent call last):\n"
        '  File "<stdin>", line 1, in <module>\nMemoryError: memory allocation failed, allocating 20971520 bytes\n', says=("negative width",), never=("import displayio",)),
    row("free memory in a program's own words before a MemoryError", ["HS-HEAP-FAILED"],
        "Alloc 31210\nmem:  171536\nstatus 200\nTraceback (most recent call last):\n  File \"<stdin>\", line 30, in <module>\nMemoryError: memory allocation failed, allocating 8192 bytes\n",
        says=("mem:  171536",)),
    row("a node's name is no chip", ["HS-HEAP-FAILED"],
        "[1170][ERR ] TCP poll error: memory allocation failed, allocating 4097 bytes\n[1171][NOTE] LXMF announced as: ESP32_XY\n", never=("328 KB",)),
    row("free heap that is printed after a failure", ["HS-IDF-FAILED"],
        "E (7795) esp-tls-mbedtls: mbedtls_ssl_handshake returned -0x10\nE (7796) esp-tls: Failed to open new connection\nMQTT_EVENT_ERROR\nFree heap: 39280\n", says=("Free heap: 39280",)),
    row("a heap summary without its totals", ["HS-IDF-FAILED"],
        "E (9088) NET: mbedtls_ssl_setup SSL - Memory allocation failed -32512\nHeap summary for capabilities 0x00001000:\n  At 0x3ffb2730 len 22736 free 0 allocated 22196 min_free 0\n"
        "    largest_free_block 0 alloc_blocks 127 free_blocks 0 total_blocks 127\n  At 0x3ffe4350 len 113840 free 31212 allocated 82264 min_free 11524\n"
        "    largest_free_block 24068 alloc_blocks 69 free_blocks 14 total_blocks 83\n", says=("31212 bytes are free", "24068", "0x3ffe4350")),
    row("a queue, pool or mutex that could not be made", ["HS-IDF-FAILED"],
        "E (1170) OPENTHREAD: Failed to create message buffer pool\n\nassert failed: otPlatMessagePoolInit esp_openthread_messagepool.c:25 (false)\n", says=("message buffer pool",),
        never=("overwritten",)),
    row("ENOMEM as a number in ESP-IDF's log", ["HS-IDF-FAILED"], "E (51170) udp: Error occurred during sending: errno 12\n", says=("errno 12",)),
    row("other numbers in ESP-IDF's log", [], "E (51170) udp: Error occurred during sending: errno 113\nE (51180) wifi: reason 12\nI (300) cpu_start: Multicore app\n"),
    row("an ESP8266 with ESPHome", ["HS-ESP8266-FAILED"],
        "[D][api:067]: Disconnecting Home Assistant\n--------------- CUT HERE FOR EXCEPTION DECODER ---------------\nException (29):\nlast failed alloc call: 40219A5E(528)\n"
        "[I][logger:170]: Log initialized\n", says=("528 bytes", "debug:"), never=("setBufferSizes", "ESP.getFreeHeap")),
    row("WLED's own bound", ["HS-HEAP-NEARLY-FULL"], "---DEBUG INFO---\nRuntime: 25040896\nFree heap: 7120\nWifi state: 3\nHeap too low! 7120\nForcing reconnect.\n", says=("7120", "/json")),
    row("a healthy debug report of WLED", [], "".join("---DEBUG INFO---\nRuntime: %d\nFree heap: %d\nWifi state: 3\nheap 18672\n" % m for m in ((30001, 20992), (60026, 19256), (90041, 19264)))),
    row("Tasmota's status", [],
        '05:22:43 MQT: stat/lamp/STATUS4 = {"StatusMEM":{"ProgramSize":521,"Free":480,"Heap":19,"ProgramFlashSize":1024,"FlashSize":2048,"FlashMode":3}}\n'
        '05:22:43 MQT: stat/lamp/STATUS11 = {"StatusSTS":{"Time":"2019-01-23T05:22:43","Uptime":"11T01:23:32","LoadAvg":19,"POWER":"OFF"}}\n'),
    row("Tasmota with little memory", ["HS-HEAP-NEARLY-FULL"],
        '05:22:43 MQT: tele/lamp/STATE = {"Time":"2024-01-23T05:22:43","Uptime":"11T01:23:32","UptimeSec":955412,"Heap":3,"SleepMode":"Dynamic","LoadAvg":19}\n', says=("3072 bytes",)),
    row("Tasmota's memory that falls", ["HS-HEAP-GROWING"],
        "".join('05:%02d:43 MQT: tele/lamp/STATE = {"Time":"x","Uptime":"0T%02d:23:32","Heap":%d,"LoadAvg":%s}\n' % m
                for m in ((10, 1, 27, "19"), (15, 2, 24, "9"), (20, 3, 22, "19"), (25, 4, 19, "19"), (30, 5, 17, "21"))), says=("27648", "17408"), never=("heap_trace_start",)),
    row("OpenMQTTGateway's status", [],
        '{"uptime":136597,"version":"v1.4.0","freemem":139608,"mqttport":"1883","tempc":56.66667,"freestack":4456,"rssi":-87,"SSID":"X","actRec":3,"modules":["RF","RTL_433"]}\n'),
    row("ESPHome's sensors of its heap", [],
        "".join("[D][sensor:124]: 'Heap Free': Sending state %d.00000 B with 0 decimals of accuracy\n[D][sensor:124]: 'Heap Max Block': Sending state 16400.00000 B with 0 decimals of accuracy\n"
                % n for n in (18944, 18944, 18840, 18944, 18936))),
    row("ESPHome's sensor that falls", ["HS-HEAP-GROWING"],
        "".join("[D][sensor:124]: 'Heap Free': Sending state %d.00000 B with 0 decimals of accuracy\n" % n for n in (38944, 36910, 34840, 32800, 30912)), says=("38944", "30912", "debug:"),
        never=("heap_trace_start",)),
    row("memory before and after a collection, of a program's tasks", [],
        "".join("Task %s took %d us, mem free pre gc: %d B post gc: 46352 B, freed %d B\n" % m
                for m in (("ROUTER", 442480, 41296, 5056), ("WDT", 103, 46224, 128), ("LOG", 153, 46192, 160), ("APP", 215, 46096, 256), ("GPS", 99, 46000, 352)))),
    row("free memory in KB", [], "".join("MON: SYS Stack size: 2837\nMON: heap usage: 262KB (266KB), free: 77KB\n" for _ in range(4))),
    row("free heap while a request is read", [],
        "".join("Free at start of request %d: 41920\nFree after connect: 21544, lost: 20376\nFree after read line 0: 21136, lost: -264\nFree after read line 1: 21100, lost: 36\n"
                "Free after read line 2: 21064, lost: 36\nFree after read line 3: 21028, lost: 36\nFree at end of request %d: 41920\n" % (n, n) for n in range(3))),
    row("many readings that fall with noise", ["HS-HEAP-GROWING"],
        "".join("I (%d) APP: Free heap: %d\n" % (10000 + 30000 * n, 200000 - 600 * n + (n * 7919 % 11 - 5) * 70) for n in range(40)), says=("over 40 readings", "(line 1)", "(line 40)")),
    row("many readings that come back now and then", [], "".join("I (%d) APP: Free heap: %d\n" % (10000 + 30000 * n, 200000 - 600 * (n % 15)) for n in range(44))),
    row("many readings that settle", [], "".join("I (%d) APP: Free heap: %d\n" % (10000 + 30000 * n, 150000 + 50000 * 0.85 ** n) for n in range(40))),
    row("a cache that is full", [], "".join("I (%d) APP: Free heap: %d\n" % (10000 + 30000 * n, 200000 - 600 * min(n, 20) + n * 7919 % 11) for n in range(60))),
    row("Zephyr: a resource that is no memory", [], "*** Booting Zephyr OS build v4.2.0 ***\n[00:00:04.761,000] <err> mpu: Failed to allocate new MPU region 27\n"),
    row("Zephyr: ENOMEM as a number", ["HS-RTOS-FAILED"],
        "*** Booting Zephyr OS build v3.7.0 ***\n[00:00:09.574,000] <err> net_lwm2m_engine: Failed to send packet, err 12\n", says=("12 is ENOMEM", "CONFIG_MBEDTLS_HEAP_SIZE"),
        never=("could not give",)),
    row("Zephyr: other numbers", [], "*** Booting Zephyr OS build v3.7.0 ***\n[00:00:09.574,000] <err> net_lwm2m_engine: Failed to send packet, err 116\n[00:00:09.580,000] <err> adc: channel 12 error 12.5\n"),
    row("Zephyr: a heap that is too small for itself", ["HS-RTOS-FAILED"],
        "ASSERTION FAIL [chunk0_size + min_chunk_size(h) <= heap_sz] @ ZEPHYR_BASE/lib/heap/heap.c:573\n\theap size is too small\n[00:00:00.000,000] <err> os: >>> ZEPHYR FATAL ERROR 4: Kernel panic on CPU 0\n",
        says=("its own lists",), never=("k_malloc",)),
    row("Zephyr: a heap that is corrupt", ["HS-RTOS-CORRUPT"],
        "ASSERTION FAIL [left_chunk(h, right_chunk(h, c)) == c] @ ZEPHYR_BASE/lib/heap/heap.c:180\n\tcorrupted heap bounds (buffer overflow?) for memory at 0x20001234\n",
        says=("beyond the end",)),
    row("Zephyr: freed twice", ["HS-RTOS-CORRUPT"],
        "ASSERTION FAIL [chunk_used(h, c)] @ ZEPHYR_BASE/lib/heap/heap.c:170\n\tunexpected heap state (double-free?) for memory at 0x20001234\n", says=("freed twice",)),
    row("Zephyr: the stack of the thread that crashed", ["HS-RTOS-STACK"],
        "Thread analyze:\n idle                : STACK: unused 14112 usage 2272 / 16384 (13 %); CPU: 0 %\n worker              : STACK: unused 96 usage 1952 / 2048 (95 %); CPU: 2 %\n"
        "[00:00:10.000,000] <err> os: >>> ZEPHYR FATAL ERROR 0: CPU exception on CPU 0\n[00:00:10.000,000] <err> os: Current thread: 0x20010740 (worker)\n",
        says=("worker", "unused 96"), severity="warning"),
    row("Zephyr: another thread that crashed", [],
        " worker              : STACK: unused 96 usage 1952 / 2048 (95 %); CPU: 2 %\n main                : STACK: unused 1096 usage 952 / 2048 (46 %); CPU: 2 %\n"
        "[00:00:10.000,000] <err> os: >>> ZEPHYR FATAL ERROR 0: CPU exception on CPU 0\n[00:00:10.000,000] <err> os: Current thread: 0x20010740 (main)\n"),
    row("Zephyr: a bus fault with a full stack", ["HS-RTOS-STACK"],
        " worker              : STACK: unused 96 usage 1952 / 2048 (95 %); CPU: 2 %\n"
        "[00:00:10.000,000] <err> os: >>> ZEPHYR FATAL ERROR 25: Unknown error on CPU 0\n[00:00:10.000,000] <err> os: Current thread: 0x20010740 (worker)\n",
        says=("worker",), severity="warning"),
    row("Zephyr: words beside the number", ["HS-RTOS-FAILED"],
        "*** Booting Zephyr OS build v3.7.0 ***\n[00:00:01.234,000] <err> app: Failed to allocate 512 bytes from the heap (-12)\n",
        says=("a heap of Zephyr could not give",), never=("ENOMEM",)),
    row("Zephyr: a level in dBm", [], "*** Booting Zephyr OS build v3.7.0 ***\n[00:00:01.234,000] <err> radio: signal too low (-12 dBm)\n"),
    row("no memory for a channel", ["HS-IDF-FAILED"], "E (1236) rmt: no mem for tx channel\n"),
    row("LVGL before version 8", ["HS-LVGL-HEAP"], "Warn: Couldn't allocate memory \t(lv_mem.c #208 lv_mem_alloc())\nError: Out of memory! \t(lv_obj.c #187 lv_obj_create())\n", says=("LV_MEM_SIZE",)),
    row("Zephyr: a pool that is low, in another program's log", ["HS-POOL-EMPTY"],
        "[14:36:24.574][DBG] LOG - [01:02:16.872,894] <wrn> net_buf: bt_l2cap_create_pdu_timeout():635: Pool 0x200016c8 low on buffers.\n"
        "[14:36:24.575][DBG] LOG - [01:02:16.973,937] <wrn> net_buf: bt_l2cap_create_pdu_timeout():635: Pool 0x200016c8 blocked for 0 secs\n", says=("CONFIG_BT_L2CAP_TX_BUF_COUNT",)),
    row("audio buffers on CircuitPython", ["HS-SYSTEM-HEAP"],
        "Adafruit CircuitPython 10.0.0-alpha.2 on 2025-04-04; Waveshare RP2040-PiZero with rp2040\nTraceback (most recent call last):\n"
        '  File "code.py", line 20, in <module>\nRuntimeError: Unable to allocate buffers for signed conversion\n', never=("idf_heap_info",)),
    row("a crash while Bluetooth starts", ["HS-SYSTEM-HEAP"],
        "MicroPython v1.22.2 on 2024-02-22; LOLIN_C3_MINI with ESP32-C3FH4\n>>> a = bytes(20000)\n>>> m.mem_info()\nstack: 1012 out of 14336\n"
        "GC: total: 139968, used: 102640, free: 37328, max new split: 65536\n No. of 1-blocks: 84, 2-blocks: 13, max blk sz: 4747, max free sz: 531\n"
        ">>> ble.active(True)\nGuru Meditation Error: Core  0 panic'ed (Store access fault). Exception was unhandled.\n",
        says=("65536", "ble.active(True)", "start WiFi and Bluetooth first"), severity="warning"),
    row("a crash after something else", [],
        "MicroPython v1.22.2 on 2024-02-22; LOLIN_C3_MINI with ESP32-C3FH4\n>>> machine.mem32[0] = 1\nGuru Meditation Error: Core  0 panic'ed (Store access fault). Exception was unhandled.\n"),
    row("a test of the heap that fills it on purpose", [],
        "".join("-> Filling memory with blocks of %d bytes each\n-> frag:   1%% (freeheap: 53464 - maxblock=53456) <- start\n-> frag:   1%% (freeheap:  1256 - maxblock= 1248) <- allocation\n"
                "-> frag:  63%% (freeheap: 29312 - maxblock= 5256) <- freeing every other blocks\n-> frag:   1%% (freeheap: 53464 - maxblock=53456) <- end\n" % n for n in (8000, 4000))),
    row("a log of a file whose name begins with m", ["HS-HEAP-GROWING"],
        "".join("[D][main.cpp:78] loop(): Free heap: %d\n" % n for n in (201400, 195220, 189100, 182900)), says=("201400",)),
    row("a stack on RISC-V", ["HS-IDF-STACK"],
        "I (564) main_task: Calling app_main()\nGuru Meditation Error: Core  0 panic'ed (Stack protection fault). \n\nDetected in task \"main\" at 0x42003a54\n"
        "Stack pointer: 0x3fc92b00\nStack bounds: 0x3fc9ade8 - 0x3fc9ea70\n", says=("Detected in task", "CONFIG_ESP_MAIN_TASK_STACK_SIZE")),
    row("a connection that fails is no lack of memory", [],
        "E (81200) esp-tls: [sock=57] delayed connect error: Connection reset by peer\nE (81210) transport_base: Failed to open a new connection: 32772\n"),
    row("free heap at the stages of a start", [], "".join("[stats:%s]  heap_free= %d\n" % m for m in (("post-transport", 126380), ("post-sensors", 120764), ("post-ui", 27340), ("setup-end", 27340)))),
    row("lwESP", ["HS-RTOS-FAILED"], "[MSG VAR] Allocated 76 bytes at 20016874\n[MSG VAR] Error allocating 76 bytes\n[MSG VAR] Free memory: 200168C8\n", says=("lwESP", "76 bytes")),
    row("TizenRT", ["HS-RTOS-FAILED"],
        "TASH>>mm_manage_alloc_fail: Allocation failed from user heap.\nmm_manage_alloc_fail:  - requested size 1024000\nmm_manage_alloc_fail:  - largest free size : 60960\n"
        "mm_check_heap_corruption: No heap corruption detected\n", says=("requested size 1024000", "largest free size : 60960")),
    row("TensorFlow Lite Micro: its arena", ["HS-ARENA-SMALL"],
        "Failed to allocate tail memory. Requested: 2088, available 1552, missing: 536\nFailed starting model allocation.\n\nAllocateTensors() failed\n", says=("536 bytes are missing", "kTensorArenaSize"),
        never=("ESP-IDF's heap",)),
    row("TensorFlow Lite Micro: its arena, in other words", ["HS-ARENA-SMALL"],
        "I (320) cpu_start: Multicore app\nArena size is too small for all buffers. Needed 93200 but only 81388 was available.\nAllocateTensors() failed\n", says=("11812 bytes are missing",)),
    row("TensorFlow Lite Micro: an operator", [], "I (320) cpu_start: Multicore app\nDidn't find op for builtin opcode 'CONV_2D' version '3'\nFailed to get registration from op code  d\nAllocateTensors() failed\n"),
    row("Rust: a panic", ["HS-RUST-FAILED"],
        "ESP-ROM:esp32c6-20220919\nI (6) boot: ESP-IDF v5.4.1 2nd stage bootloader\n\n====================== PANIC ======================\n"
        "panicked at /rustc/1234/library/alloc/src/alloc.rs:438:13:\nmemory allocation of 65536 bytes failed\n\nBacktrace:\n", says=("65536 bytes", "heap_allocator!"), never=("ESP-IDF's heap", "heap_caps")),
    row("Rust: a panic in one line", ["HS-RUST-FAILED"], "panicked at src/alloc.rs:438:13: memory allocation of 4096 bytes failed\n", says=("4096 bytes",)),
    row("Rust: a warning", ["HS-RUST-FAILED"], "WARN - Unable to allocate 144 bytes\n\nException occurred 'StoreProhibited'\n", says=("144 bytes",)),
    row("Rust: a task's stack", ["HS-RUST-FAILED"],
        "panicked at /home/me/esp-rtos/src/fmt.rs:268:5:\nunwrap of `Layout::from_size_align(task_stack_size, ALIGN)` failed: Failed to allocate stack: NoneError\n", says=("stack of a new task",)),
    row("Rust: esp-alloc's figures", ["HS-HEAP-NEARLY-FULL"],
        "TRACE - HEAP INFO\nSize: 48000\nCurrent usage: 47768\nMemory Layout:\nInternal | ################################## | Used: 99% (Used 47768 of 48000, free: 232)\n", says=("232 bytes",)),
    row("Rust: esp-alloc's figures with room", [],
        "INFO - HEAP INFO\nSize: 72000\nCurrent usage: 41268\nMemory Layout:\nInternal | ##################_______________ | Used: 57% (Used 41268 of 72000, free: 30732)\n"),
]


# Texts of which the doctor knows nothing: no firmware printed them, or one with another heap. They have the words of its messages, and nothing may be found in them.
OTHERS = [
    row("a linker's map", [],
        " .rodata.mp_type_MemoryError\n                0x000000000800f2a4       0x18 build/py/objexcept.o\n                0x000000000800f2a4                mp_type_MemoryError\n"
        " .text.MemoryError\n .text.mem_free\n                0x0000000000000000                hs_wraps_are_missing_at_the_link = 0x0\n"
        " .text.multi_heap_free 0x40081234 0x20 libheap.a(multi_heap.c.obj)\n .text.tlsf_free\n .bss.memp_memory_TCP_PCB_base\n MEMP_NUM_TCP_PCB\n"),
    row("a program's symbols", [], "0800f2a4 R mp_type_MemoryError\n         U hs_wraps_are_missing_at_the_link\n00000000 T MemoryError\n         U heap_caps_malloc\n"),
    row("C", [],
        '/* raises MemoryError: memory allocation failed, allocating 704 bytes */\n    mp_raise_msg_varg(&mp_type_MemoryError, MP_ERROR_TEXT("memory allocation failed, allocating %u bytes"), n);\n'
        '// PSRAM chip is not connected\n    ESP_EARLY_LOGE(TAG, "PSRAM chip is not connected, or wrong PSRAM line mode");\n'
        '    LWIP_ASSERT("sys_timeout: timeout != NULL, pool MEMP_SYS_TIMEOUT is empty", timeout != NULL);\n'
        '    MULTI_HEAP_STDERR_PRINTF("CORRUPT HEAP: Bad head at %p. Expected 0x%08x got 0x%08x\\n", head, HEAD, head->head_canary);\n'
        '    printf("%s was called but failed to allocate %d bytes with 0x%X capabilities.\\n", name, n, caps);\n    return -ENOMEM;\n'
        '    throw std::bad_alloc();\n    esp_rom_printf("***ERROR*** A stack overflow in task ");\n    case ENOMEM: return "ENOMEM";\n'),
    row("Python", [],
        "import gc\n\ntry:\n    buffer = bytearray(4096)\nexcept MemoryError:\n    raise MemoryError\nexcept (OSError, MemoryError):\n    pass\n"
        'MESSAGE = "MemoryError: memory allocation failed, allocating 704 bytes"\nif e.errno == errno.ENOMEM:\n    print("[Errno 12] ENOMEM")\n'
        "".join("gc.collect()\nif gc.mem_free() < %d:\n    pass\nwhile gc.mem_free() > %d: gc.collect()\n" % (n, n) for n in (90000, 80000, 70000, 60000, 50000)) +
        'class Error(MemoryError):\n    """Raised instead of MemoryError:"""\n'),
    row("Python's documentation", [],
        "Raises:\n    MemoryError:\n        when the heap is full\n    MemoryError: if memory allocation failed, see below\n\nexception MemoryError\n\nMemoryError\nNameError\n"
        "OSError\n  ENOMEM\n      Out of memory.\n"),
    row("a page of a manual", [], "ERRORS\n       ENOMEM Out of memory.\n       ENOBUFS\n              Insufficient resources.\n       ENOMEM\n              The process's maximum number of mappings.\n"),
    row("prose", [],
        "If you see a MemoryError, call gc.collect() first. `MemoryError: memory allocation failed, allocating 704 bytes` means that no free run was long enough.\n"
        "* **PSRAM chip is not connected**: the boot log says so when the line mode is wrong.\n"
        "ESP-IDF prints CORRUPT HEAP when it finds an overwritten block, and \"the hooks are not linked\" is what we say.\n"
        "lwIP says memp_malloc: out of memory in pool TCP_PCB, and a C++ program ends with std::bad_alloc. The function may fail with ENOMEM.\n"
        "Unplug it, and the message \"Unable to allocate the heap\" disappears; see also pool MEMP_SYS_TIMEOUT is empty.\n"),
    row("HTML", [],
        "<p>A <code>MemoryError</code> is raised: <tt>MemoryError: memory allocation failed, allocating 704 bytes</tt></p>\n<li>MemoryError:</li>\n<td>PSRAM chip not found</td>\n"
        "<a href=\"#MemoryError\">exception MemoryError</a>\n<pre>std::bad_alloc</pre>\n"),
    row("a compiler's log", [],
        "py/runtime.c: In function 'm_malloc_fail':\npy/runtime.c:1690:50: warning: format '%u' expects argument of type 'unsigned int' [-Wformat=]\n"
        ' 1690 |     mp_raise_msg_varg(&mp_type_MemoryError, MP_ERROR_TEXT("memory allocation failed, allocating %u bytes"), n);\n'
        "arm-none-eabi-gcc -Wl,--defsym=hs_wraps_are_missing_at_the_link=0 -o firmware.elf\nerror: 'MemoryError' undeclared\n"),
    row("a shell's history", [],
        "grep -rn MemoryError src\ngrep -n 'PSRAM chip is not connected' boot.log\nnm firmware.elf | grep hs_wraps_are_missing_at_the_link\ngit log -S ENOMEM\n"
        "mpremote exec 'raise MemoryError'\n"),
    row("what grep finds", [],
        'src/a.py:17:    raise MemoryError\nsrc/a.py:18:except MemoryError:\npy/runtime.c:1690:    MP_ERROR_TEXT("memory allocation failed, allocating %u bytes")\n'
        "build/firmware.map:2106: .rodata.mp_type_MemoryError\n"),
    row("logs of a PC", [],
        "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\nAborted (core dumped)\n"
        "[12345.678901] usb 1-1: failed to allocate 4096 bytes\nsystemd[1]: Failed to allocate 4096 bytes: Cannot allocate memory\n"
        "fork: retry: OSError: [Errno 12] Cannot allocate memory\nMemory allocation failed\nmmap failed with error -ENOMEM\n"
        "Traceback (most recent call last):\n  File \"a.py\", line 1, in <module>\n    x = bytearray(1 << 60)\nMemoryError\n"
        "numpy.core._exceptions.MemoryError: Unable to allocate 1.00 TiB for an array\n"),
    row("a translation", [], 'msgid "memory allocation failed, allocating %u bytes"\nmsgstr "Speicherzuordnung fehlgeschlagen, Zuweisung von %u Bytes"\n'
        'msgid "Unable to allocate the heap."\nmsgid "pystack exhausted"\nmsgid "Heap allocation when VM not running."\n'),
    row("a diff", [], '+    raise MemoryError\n-    raise MemoryError("memory allocation failed, allocating 704 bytes")\n+except MemoryError:\n@@ -1,2 +1,3 @@ MemoryError:\n'),
    row("CPython", [], 'Traceback (most recent call last):\n  File "/home/me/app.py", line 12, in load\n    return list(range(10**10))\nMemoryError\n'),
    row("CPython, and its colon", [], 'Traceback (most recent call last):\n  File "app.py", line 12, in load\n    f.read()\n    ~~~~~~^^\nMemoryError: \nOSError: [Errno 12] ENOMEM\n'),
    row("programs on a computer", [],
        "Fatal error: Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes) in /var/www/html/x.php on line 2056\n"
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\nError: spawn ENOMEM\n"
        "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc\nAborted (core dumped)\n"
        "docker: Error response from daemon: ENOMEM\nOSError: [Errno 12] ENOMEM\n"),
    row("a commit and its diff", [], "commit 3f2b1c: fix MemoryError when importing; raise ENOMEM only if ...\n"
        '-    raise MemoryError("memory allocation failed, allocating %u bytes")\n+    raise OSError(errno.ENOMEM)\n'),
    row("release notes", [], 'The fix made in v1.2: "MemoryError: memory allocation failed, allocating 2048 bytes" no longer occurs.\n'
        "All tests passed. CORRUPT HEAP messages are gone too. 0 MemoryErrors.\nCORRUPT HEAP messages are gone.\n"
        "ENOMEM (docs say that it means: not enough memory); we never saw ENOMEM here.\n"),
    row("a document that shows a linker's message", [], "A link that loses them fails with\n\n```\nundefined reference to `hs_wraps_are_missing_at_the_link'\n```\n\n"
        "and should a firmware get through, it says `RuntimeError: the hooks are not linked`.\n"),
    row("Zephyr: an error that is not of memory", [], "[00:00:05.120,000] <err> i2c_nrfx: Error 0x0BAE0001 occurred for message 0\n[00:00:05.130,000] <inf> app: allocation done\n"),
    row("Rust on a computer", [], "memory allocation of 8589934592 bytes failed\nAborted (core dumped)\nthread 'main' panicked at src/main.rs:4:5:\ncapacity overflow\n"),
    row("TensorFlow's sources", [],
        '  MicroPrintf("Failed to allocate tail memory. Requested: %u, available %u, missing: %u", size, a, b);\n    error_reporter->Report("AllocateTensors() failed");\n'
        '    printk("heap size is too small");\n  __ASSERT(c, "corrupted heap bounds (buffer overflow?) for memory at %p", mem);\n  Serial.print(", free heap = 2160");\n'),
    row("C of ESP-IDF", [],
        "I (300) cpu_start: Multicore app\nstatic size_t before_free_8bit;\n    before_free_8bit = heap_caps_get_free_size(MALLOC_CAP_8BIT);\n    heap_free_32 = 5;\n"),
    row("C that looks for an exception", [], "    return strstr(line, \"('exception', b'\") && strstr(line, \"\\\\nMemoryError: memory allocation failed, allocating \");\n"),
    row("a page about JSON", [], 'The answer has `"freeheap":2100` and `"Heap":3`, see {"state":{"on":true}}.\n'),
    row("FreeRTOS: the source of its hook", [], "void vApplicationMallocFailedHook( void )\n{\n    for( ;; );\n}\n"),
]


def variants(text):
    """The same text as it comes out of mails, terminals on Windows, serial monitors."""
    lines = text.splitlines()
    yield "as it is", text
    yield "quoted", "".join("> %s\n" % line for line in lines)
    yield "with carriage returns", "".join("%s\r\n" % line for line in lines)
    yield "with time stamps", "".join("12:34:%02d.789 -> %s\n" % (n % 60, line) for n, line in enumerate(lines))
    yield "in colors", "".join("\033[32m%s\033[0m\n" % line for line in lines)
    yield "in brackets of time", "".join("[2024-06-02 12:34:%02d] %s\n" % (n % 60, line) for n, line in enumerate(lines))
