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
]

OTHERS = [
    row("a linker's script and a page about it", [],
        "    . = ASSERT(SIZEOF(.bss) < 4096, \"region RAM overflowed by 10 bytes\");\nThe linker says that region `RAM' overflowed by 10 bytes when the data do not fit.\n"
        "If a section `.bss' will not fit in region `RAM', make it smaller. Low memory available is a warning.\n"),
]
