# SPDX-License-Identifier: MIT
# Imported by template.py.
loaded = ALLOC()


def called(n):
    return LIST()


class Thing:
    inside = ALLOC()

    def method(self):
        return [ALLOC() for _ in range(2)]
