# HS-HEAP-GROWING journal.py:6
# says: journal.entries (list)
# A module of the program keeps what it is given.
import journal

for n in range(4000):
    journal.note("pump", "level is %d mm" % n)
#file journal.py
entries = []


def note(source, text):
    number = len(entries)
    entries.append((number, source, text))  #| entries[:] = [(number, source, text)]
