# SPDX-License-Identifier: MIT
"""How deep a recursion gets on the board, with the hooks that record and without hooks."""
import hs_depth
import pico


def measured(plain):
    with pico.Pico(pico.firmware(plain=plain)) as board:
        return hs_depth.measure(lambda script: board.run(script)[0])


def run(tap):
    hs_depth.check(tap, "recording", measured(True), measured(False))
