# SPDX-License-Identifier: MIT
# Imported in midst of the program.
from advice_buffers import churn

table = []
for i in range(12):
    table.append((i, "row %d of the table" % i))
    churn(4)
