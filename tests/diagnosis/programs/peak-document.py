# HS-HEAP-PEAK !15 @44k/24k
# says: parses a whole document at once
# advises: smaller documents
# advises: json.load(file)
# The text of a document and what is made from it are there at the same time; only the values are used.
import json


def fetch():
    return "[" + '{"lat":51.25,"name":"by the old mill"},' * 160 + "0]"


def load():
    text = fetch()
    return json.loads(text)  #| return json.loads(text[: 1 + 39 * 11] + "0]")


print(len(load()))
