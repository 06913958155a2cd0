# HS-HEAP-FULL holidays.py:9 @40k/18k
# says: it ends
# The table is made in one module, in a loop in another one, and used in both.
import holidays

for year in range(2020, 2080):
    for month in range(1, 13, 2):
        holidays.add(year, month, year % 7)
print(holidays.find(2033, 3))
#file holidays.py
# all holidays by year and month
days = {}


def add(year, month, shift):
    key = year * 100 + month
    day = (month + shift) % 28 + 1
    # an entry of its own for each
    days[key] = {"day": day, "name": "holiday", "moved": False}  #| days[key] = day


def find(year, month):
    return days[year * 100 + month]
