# SPDX-License-Identifier: MIT
# Python modules that are frozen into the firmwares which `make micropython` builds: a manifest of MicroPython's. With
# line numbers, which MicroPython's own manifest of asyncio leaves out.
files = ("__init__.py", "core.py", "event.py", "funcs.py", "lock.py", "stream.py")
package("asyncio", files, base_path="$(MPY_DIR)/extmod", opt=0)
