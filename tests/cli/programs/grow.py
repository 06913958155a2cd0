# SPDX-License-Identifier: MIT
# A list that grows among buffers that come and go, and a block of its own size in midst of them.
import gc


def churn(n):
    for i in range(n):
        bytearray(100 + i % 9)


rows = []
for i in range(200):
    rows.append(i)
    churn(2)
churn(40)
few = bytearray(48)
churn(60)
gc.collect()
churn(60)
gc.collect()
print(len(rows), len(few))
