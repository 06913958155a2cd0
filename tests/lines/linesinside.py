# SPDX-License-Identifier: MIT
import linesmodule

value = TEXT()


def again():
    return linesmodule.called(2), ALLOC()
