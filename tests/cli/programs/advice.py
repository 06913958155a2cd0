# SPDX-License-Identifier: MIT
# Four ways to leave blocks in the free space, one a line that the test names.
import gc


def churn(n):
    for i in range(n):
        bytearray(200 + i % 7)


churn(100)
from late import table

churn(100)
rows = []
for i in range(120):
    rows.append(i)
    churn(3)
few = bytearray(48)
churn(150)
many = []
for i in range(40):
    many.append(bytearray(40))
    churn(4)
gc.collect()
churn(60)
gc.collect()
print(len(table), len(rows), len(few), len(many))
