# SPDX-License-Identifier: MIT
# What a Pico's firmware has frozen in when MicroPython's source is Debian's, which lacks micropython-lib: all that the port
# freezes itself, but for the drivers onewire, ds18x20, dht and neopixel, which come from there.
freeze("$(PORT_DIR)/modules")
include("$(MPY_DIR)/extmod/asyncio")
