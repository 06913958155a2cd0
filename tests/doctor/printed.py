# SPDX-License-Identifier: MIT
"""More texts, as pasted.py has them: what firmwares and builds print, shortened."""
from pasted import row

TEXTS = [
    row("RISC-V's guard stopped a task whose stack has room", ["HS-IDF-GUARD"],
        "Machine     : ESP32C3 module with ESP32C3\nGuru Meditation Error: Core  0 panic'ed (Stack protection fault).\nDetected in task \"mp_task\" at 0x4200d8f0\n"
        "Stack pointer: 0x3fca86b0\nStack bounds: 0x3fca4a68 - 0x3fca8a60\n", says=("944 of the 16376 bytes", "newer ESP-IDF"), never=("was too small",), severity="warning"),
    row("a PIO without room", ["HS-PIO-FULL"],
        'Traceback (most recent call last):\n  File "<stdin>", line 45, in <module>\n  File "hx711_pio.py", line 44, in __init__\nOSError: [Errno 12] ENOMEM\n',
        says=("32 instructions", "remove_program()", "line 44"), never=("heap had no room",)),
    row("ENOMEM of a file about GPIOs", ["HS-SYSTEM-HEAP"],
        'Traceback (most recent call last):\n  File "gpio_web.py", line 44, in __init__\nOSError: [Errno 12] ENOMEM\n', never=("PIO",)),
    row("contexts of Zephyr's Bluetooth", ["HS-POOL-EMPTY"],
        "[00:00:03.091,674] <err> bt_conn: Unable to allocate TX context\n[00:00:13.178,161] <err> bt_conn: not connected!\n", says=("CONFIG_BT_CONN_TX_MAX",), never=("k_malloc",)),
    row("a display without PSRAM, by a boot log; its board's name is no chip's", ["HS-IDF-FAILED"],
        "I (275) heap_init: At 3FC9F2E8 len 0004A428 (297 KiB): DRAM\nI (294) heap_init: At 600FE010 len 00001FD8 (7 KiB): RTCRAM\nI (351) main_task: Calling app_main()\n"
        "I (381) Sunton_ESP32-8048S070c_example: Install RGB LCD panel driver\nE (381) lcd_panel.rgb: lcd_rgb_panel_alloc_frame_buffers(156): no mem for frame buffer\n",
        says=("not switched on in this build", "a display", "CONFIG_SPIRAM=y"), never=("camera",)),
    row("a camera", ["HS-IDF-FAILED"], "E (1381) cam_hal: cam_dma_config(300): frame buffer malloc failed\n", says=("a camera",), never=("a display",)),
    row("a display, and the crash after it", ["HS-IDF-FAILED"],
        "E (339) lcd.dsi.dpi: esp_lcd_new_panel_dpi(226): no memory for frame buffer\nE (349) MAIN: [LCD] init failed: ESP_ERR_NO_MEM\n"
        "Guru Meditation Error: Core  1 panic'ed (LoadProhibited). Exception was unhandled.\n", says=("a display", "the crash in line 3"), never=("camera",)),
    # builds
    row("a link: static data", ["HS-LINK-OVERFLOW"],
        "ld.bfd: zephyr/zephyr_pre0.elf section `.dram0.noinit' will not fit in region `dram0_0_seg'\nld.bfd: SRAM code/data does not fit.\nld.bfd: region `dram0_0_seg' overflowed by 46380 bytes\n",
        says=("46380 bytes too many", "dram0_0_seg", "static data", "ram_report"), never=("heap could not",)),
    row("a link: code", ["HS-LINK-OVERFLOW"],
        "/opt/gcc/bin/arm-none-eabi-ld: firmware.elf section `.text' will not fit in region `FLASH'\n/opt/gcc/bin/arm-none-eabi-ld: region `FLASH' overflowed by 1072 bytes\ncollect2: error: ld returned 1 exit status\n",
        says=("1072 bytes too many", "-Os"), never=("static data",)),
    row("a link: only the section", ["HS-LINK-OVERFLOW"], "firmware.elf section `.bss' will not fit in region `RAM'\n", says=("does not fit into the memory RAM",)),
    row("Arduino's warning about static data", ["HS-LINK-LOW"],
        "Global variables use 88,144 bytes (76%) of dynamic memory, leaving 26,544 bytes for local variables. Maximum is 114,688 bytes.\n"
        "Low memory available, stability problems may occur.\n", says=("26,544 bytes", "PROGMEM"), severity="warning"),
    row("Arduino's figures with room", [],
        "I (300) cpu_start: Multicore app\nGlobal variables use 7128 bytes (34%) of dynamic memory, leaving 13352 bytes for local variables. Maximum is 20480 bytes.\n"),
    # TLS of MicroPython
    row("TLS: a number and its words", ["HS-SYSTEM-HEAP"],
        '  File "lib/mqtt_as.py", line 243, in _connect\nOSError: (-17168, \'RSA - The private key operation failed : BIGNUM - Memory allocation failed\')\n',
        says=("Mbed TLS", "line 243"), never=("memory for Python",)),
    row("TLS: a number alone", ["HS-SYSTEM-HEAP"], '  File "main.py", line 7, in <module>\nOSError: -17040\n', says=("Mbed TLS",)),
    row("TLS: its buffers", ["HS-SYSTEM-HEAP"], "OSError: (-32512, 'SSL - Memory allocation failed')\n", says=("Mbed TLS",)),
    row("TLS: 16 in a library", ["HS-SYSTEM-HEAP"],
        '>>> gc.mem_free()\n66336\nTraceback (most recent call last):\n  File "<stdin>", line 1, in <module>\n  File "urequests.py", line 93, in request\nOSError: 16\n',
        says=("MBEDTLS_ERR_MPI_ALLOC_FAILED", "66336", "line 93")),
    row("16 of something else", [], 'Traceback (most recent call last):\n  File "main.py", line 9, in <module>\nOSError: 16\n'),
    row("TLS: a certificate", [], "MicroPython v1.22.2 on 2024-02-22; Generic ESP32 module with ESP32\nOSError: (-9984, 'MBEDTLS_ERR_X509_CERT_VERIFY_FAILED')\nOSError: -29312\n"),
    row("CircuitPython's WiFi", ["HS-SYSTEM-HEAP"],
        'Adafruit CircuitPython 9.2.1 on 2024-11-20; ESP8684-DevKitC-02-N4 with ESP32C2\nTraceback (most recent call last):\n  File "<stdin>", line 1, in <module>\n'
        "MemoryError: Failed to allocate Wifi memory\n", says=("not Python's",)),
    # MemoryError with figures of the program's own
    row("MemoryError: figures with a collection", ["HS-HEAP-FAILED"],
        "Task GPS took 162 us, mem free pre gc: 47616 B post gc: 47744 B, freed 128 B\nUNHANDLED EXCEPTION: Router\nTraceback (most recent call last):\n"
        '  File "core/scheduler.py", line 83, in _run_next\n  File "router.py", line 49, in frame_packet\nMemoryError: memory allocation failed, allocating 582 bytes\n',
        says=("582 bytes failed at router.py:49 frame_packet", "47744 bytes were free", "in pieces")),
    row("MemoryError: fewer bytes were free", ["HS-HEAP-FAILED"],
        'Free heap: 4400\nTraceback (most recent call last):\n  File "main.py", line 9, in work\nMemoryError: memory allocation failed, allocating 9582 bytes\n',
        says=("4400 bytes were free: not so many", "main.py:9 work"), never=("in pieces",)),
    row("MemoryError: mem beside alloc", ["HS-HEAP-FAILED"],
        'Alloc 35488\nmem:  173536\nFetching status\nTraceback (most recent call last):\n  File "<stdin>", line 36, in <module>\nMemoryError: memory allocation failed, allocating 9589 bytes\n',
        says=("173536 bytes were free", "in pieces")),
    row("MemoryError: a list without end", ["HS-HEAP-FAILED"],
        ">>> while(1):\n...     a = []\n...     while(i < 100):\n...         a.append(i)\n... \nTraceback (most recent call last):\n  File \"<stdin>\", line 5, in <module>\n"
        "MemoryError: memory allocation failed, allocating 32768 bytes\n", says=("twice its size", "<stdin>:5")),
    # radios
    row("Bluetooth: the controller, by ESP_ERROR_CHECK", ["HS-IDF-FAILED"],
        "I (216) BTDM_INIT: BT controller compile version [d166426]\nESP_ERROR_CHECK failed: esp_err_t 0x101 (ESP_ERR_NO_MEM) at 0x40092ab0\nfile: \"nimble/src/NimBLEDevice.cpp\" line 879\n"
        "func: static void NimBLEDevice::init(const string&)\nexpression: esp_bt_controller_init(&bt_cfg)\n", says=("line 879", "internal RAM", "esp_bt_controller_mem_release")),
    row("Bluetooth: malloc", ["HS-IDF-FAILED"],
        "E (1664) BLE_INIT: Malloc failed\nE (1664) BLE_INIT: controller init failed\nGuru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.\n",
        says=("Bluetooth controller takes internal RAM", "the crash in line 3")),
    row("WiFi: a buffer inside, with PSRAM free", ["HS-IDF-FAILED"],
        "W (43048) wifi: alloc eb len=24 type=3 fail, heap:4066848\nW (43049) wifi: m f null\n", says=("24 bytes", "heap:4066848 counts PSRAM", "MALLOC_CAP_INTERNAL")),
    row("CircuitPython: a crash of its code", ["HS-SAFE-CRASH"],
        "You are in safe mode because:\nCircuitPython core code crashed hard. Whoops!\nHard fault: memory access or instruction error.\n", says=("no MemoryError", "circup update")),
    # series
    row("a fall of one size for each connection", ["HS-HEAP-GROWING"],
        "".join("Free heap:%d\nFree heap:%d\n new client has been connected to server\n" % (n, n) for n in (47720, 47440, 47160, 46880)),
        says=("280 bytes a time", "same number of bytes", "new client")),
    row("three readings of a log that fall by one size", ["HS-HEAP-GROWING"],
        "".join("I (%d) MQTT_EXAMPLE: Free memory after recieving: %d bytes\nI (%d) MQTT_EXAMPLE: Free memory after publishing: %d bytes\n" % (t, n, t + 10, n - 4536)
                for t, n in ((306062, 22340), (306872, 21768), (307492, 21196))), says=("572 bytes a time",), severity="warning"),
    row("readings that stay, and settle", [], "ESP8266\n" + "".join("Free heap:%d\nFree heap:%d\n" % (n, n) for n in (47720, 46100, 46060, 46060))),
    row("readings that fall by one size, and come back", [], "ESP8266\n" + "".join("Free heap:%d\n" % n for n in (47720, 47720, 47440, 47440, 47160, 47160, 47720, 47440))),
    row("NodeMCU: nearly nothing left", ["HS-HEAP-NEARLY-FULL"],
        "NodeMCU 2.2.0.0 build 20190203 powered by Lua 5.1.4 on SDK 2.2.1(6ab97e9)\nHeap: \t34768\tInitializing\nHeap: \t4216\tHTTP: \tDevice\nHeap:\t1832\tActuator Pin\n",
        says=("1832 bytes free", "node.heap()"), never=("heap_caps",)),
    row("nearly nothing left, in other words", ["HS-HEAP-NEARLY-FULL"], "ESP8266\nFreeHeap: 9512\nFreeHeap: 512\n", says=("512 bytes free",)),
    row("nearly nothing left, in words of its own", ["HS-HEAP-NEARLY-FULL"], "ESP8266\nfree heap: 300 bytes\n", says=("300 bytes free",)),
    row("a heap with room, and a size in KB", [], "ESP8266\nHeap: 23904\nHeap: 23 KB\nheap: 40%\n"),
    # ESP8266
    row("a failed allocation, decoded", ["HS-ESP8266-FAILED"],
        "Memory allocation of 116 bytes failed at 0x4022ad8c: mem_malloc at core/mem.c line 210\n\nDecoding stack results\n"
        "0x402149ef: loop_task(ETSEvent*) at cores/esp8266/core_esp8266_main.cpp line 133\n", says=("116 bytes", "getFreeHeap"), never=("PSRAM on",)),
    row("the SDK's words", ["HS-ESP8266-FAILED"],
        "Publishing...\nNo heap available, failed to malloc 0\nPublishing...\nFatal exception (9):\nepc1=0x401019c2, epc2=0x00000000, epc3=0x00000000, excvaddr=0x075b1006, depc=0x00000000\n",
        says=("could not give what was requested",)),
    row("a null pointer", ["HS-ESP8266-NULL"],
        "command\nException (28):\nepc1=0x4000df60 epc2=0x00000000 epc3=0x00000000 excvaddr=0x00000000 depc=0x00000000\n", says=("read from", "one cause of several")),
    row("a null pointer that was written to", ["HS-ESP8266-NULL"],
        "Exception (29):\nepc1=0x4000df60 epc2=0x00000000 epc3=0x00000000 excvaddr=0x00000014 depc=0x00000000\n", says=("wrote to",)),
    row("an exception elsewhere", [],
        "ESP8266\nException (28):\nepc1=0x4000df60 epc2=0x00000000 epc3=0x00000000 excvaddr=0x075b1006 depc=0x00000000\nException (9):\nepc1=0x401019c2 excvaddr=0x00000001 depc=0x0\n"),
    # threads and faults
    row("Zephyr: the thread is named, and its option", ["HS-RTOS-STACK"],
        "<err> os: ***** MPU FAULT *****\n<err> os:   Stacking error (context area might be not valid)\n<err> os: >>> ZEPHYR FATAL ERROR 2: Stack overflow on CPU 0\n"
        "<err> os: Current thread: 0x20000e18 (logging)\n<err> os: Halting system\n", says=("thread logging", "CONFIG_LOG_PROCESS_THREAD_STACK_SIZE"), severity="problem"),
    row("Zephyr: a text that ends before the verdict", ["HS-RTOS-STACK"],
        "[00:00:00.429,199] <err> os: ***** MPU FAULT *****\n[00:00:00.429,199] <err> os:   Stacking error (context area might be not valid)\n"
        "[00:00:00.429,229] <err> os:   MMFAR Address: 0x20004698\n", says=("could not save registers", "0x20004698", "CONFIG_MAIN_STACK_SIZE")),
    row("Zephyr: a bus fault", ["HS-RTOS-FAULT"],
        "[00:00:00.306,854] <err> os: ***** BUS FAULT *****\n[00:00:00.306,854] <err> os:   Precise data bus error\n[00:00:00.306,884] <err> os:   BFAR Address: 0x2f9140b2\n"
        "[00:00:00.306,976] <err> os: >>> ZEPHYR FATAL ERROR 25: Unknown error on CPU 0\n[00:00:00.307,006] <err> os: Current thread: 0x20010748 (unknown)\n",
        says=("no lack of memory", "0x2f9140b2", "sys_heap_validate"), never=("unknown was", "stack of")),
    row("Zephyr: a thread analyzer's row", ["HS-RTOS-STACK"],
        "Thread analyze:\n thread_b            : STACK: unused 740 usage 284 / 1024 (27 %); CPU: 0 %\n thread_analyzer     : STACK: unused 8 usage 504 / 512 (98 %); CPU: 0 %\n"
        " idle 00             : STACK: unused 204 usage 116 / 320 (36 %); CPU: 0 %\n", says=("thread_analyzer is nearly full: 8 of 512", "CONFIG_THREAD_ANALYZER_AUTO_STACK_SIZE"),
        never=("thread_b",), severity="warning"),
    row("Zephyr: a row in the older form", ["HS-RTOS-STACK"],
        "Thread analyze:\n BT RX               : unused 24 usage 1000 / 1024 (97 %)\n thread_b            : unused 1000 usage 24 / 1024 (2 %)\n", says=("BT RX is nearly full: 24 of 1024", "CONFIG_BT_RX_STACK_SIZE"), severity="warning"),
    row("Zephyr: rows with room", [],
        "Thread analyze:\n thread_b            : unused 1000 usage 24 / 1024 (2 %)\n thread_analyzer     : unused 488 usage 24 / 512 (4 %)\n idle                : unused 32 usage 224 / 256 (87 %)\n"),
    row("FreeRTOS: nothing left of a stack", ["HS-RTOS-STACK"],
        "[OBC:WARNING]: Warning: Task 'TASK_print_heartbeat' approached a stack overflow. Worst remaining stack size was: 0 bytes.\n"
        "[OBC:WARNING]: Warning: Task 'TASK_time_sync' approached a stack overflow. Worst remaining stack size was: 0 bytes.\n", says=("TASK_print_heartbeat was used to its last byte", "TASK_time_sync"), severity="problem"),
    # other heaps
    row("LVGL: a layer larger than its heap", ["HS-LVGL-HEAP"],
        "[Warn]  (43.510, +0)     lv_draw_buf_create_ex: No memory: 157x24, cf: 16, stride: 628, 15072Byte,  lv_draw_buf.c:296\n"
        "[Info]  (43.510, +0)     lv_malloc: couldn't allocate memory (283911 bytes) lv_mem.c:73\n"
        "[Info]  (43.510, +0)     lv_malloc: used: 82808 ( 92 %), frag:   1 %, biggest free: 8064 lv_mem.c:77\n", says=("283911 bytes at once", "some 87 KB", "a layer")),
    row("LVGL: a heap that is nearly empty", ["HS-LVGL-HEAP"],
        "used:  55000 (  6 %), frag:   1 %, biggest free: 993568\nWarn: Couldn't allocate memory  (lvgl/lv_misc/lv_mem.c #145)\nError: Out of memory!   (lvgl/lv_core/lv_obj.c #187)\n",
        says=("the size is wrong", "993568"), never=("make LV_MEM_SIZE larger",)),
    row("LVGL: a heap that is full", ["HS-LVGL-HEAP"],
        "[Info]  lv_malloc: couldn't allocate memory (8911 bytes) lv_mem.c:73\n[Info]  lv_malloc: used: 82808 ( 92 %), frag:   1 %, biggest free: 8064 lv_mem.c:77\n", says=("make LV_MEM_SIZE larger",)),
    row("Rust: esp-wifi's heap", ["HS-RUST-FAILED"],
        "[INFO] - esp-wifi configuration Config { rx_queue_size: 16, static_rx_buf_num: 32, heap_size: 65536, tick_rate_hz: 200 }\n[WARN] - Unable to allocate 2216 bytes\n"
        "[WARN] - esp_wifi_init_internal(&G_CONFIG) returned an error: 257\n", says=("esp-wifi's heap could not give 2216 bytes", "heap_size 65536")),
    row("Rust: esp-alloc's sums", ["HS-HEAP-NEARLY-FULL"], "TRACE - HEAP INFO\nSize: 48000\nCurrent usage: 47356\nMax usage: 47384\n", says=("644 bytes",)),
    row("Rust: esp-alloc's sums with room", [], "TRACE - HEAP INFO\nSize: 48000\nCurrent usage: 17356\nMax usage: 47384\n"),
    row("Lua", ["HS-SCRIPT-MEMORY"], "NodeMCU 0.9.5 build 20150213  powered by Lua 5.1.4\nheap:   20032\nlua: init.lua:15: not enough memory\n", says=("Lua", "20032", "node.heap()")),
    row("Berry", ["HS-SCRIPT-MEMORY"], "21:06:04.882 BRY: *** MEMORY ALLOCATION FAILED *** usage 104809 bytes\n", says=("Berry held 104809 bytes",)),
    row("Berry: its collector", [], "ESP8266\n00:00:00.370 BRY: GC from 3416 to 3216 bytes (in 1 ms)\n00:00:00.505 BRY: Berry initialized, RAM used=4174\n"),
    row("NuttX: a size that is none", ["HS-RTOS-FAILED"], "mm_malloc: Allocation failed, size 537058704\n", says=("the size is wrong", "0x2002dd90", "may be a pointer")),
    row("NuttX: a heap without room", ["HS-RTOS-FAILED"], "mm_malloc: Allocation failed, size 5704\n", says=("NuttX's heap could not give 5704 bytes",)),
]

OTHERS = [
    row("a linker's script and a page about it", [],
        "    . = ASSERT(SIZEOF(.bss) < 4096, \"region RAM overflowed by 10 bytes\");\nThe linker says that region `RAM' overflowed by 10 bytes when the data do not fit.\n"
        "If a section `.bss' will not fit in region `RAM', make it smaller. Low memory available is a warning.\n"),
    row("prose and sources about threads and scripts", [],
        'If lua says "not enough memory", the heap is full; lua: init.lua:15: not enough memory means line 15.\n    printf("%s: STACK: unused %zu usage %zu / %zu (%u %%)", name, a, b, c, d);\n'
        '    mm_err("mm_malloc: Allocation failed, size %zu", size);\nWorst remaining stack size was: see above.\nSize: 10\nusage: 9\n'),
]
