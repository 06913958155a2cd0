# SPDX-License-Identifier: MIT
def churn(n):
    for i in range(n):
        bytearray(200 + i % 7)
