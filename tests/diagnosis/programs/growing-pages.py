# HS-HEAP-GROWING 14 @64k/48k
# A cache of pages, each made by way of several texts.
cache = {}


def render(path, query):
    head = "<h1>%s</h1>" % path
    rows = ["<p>%s</p>" % part for part in query.split("&")]
    return head + "".join(rows)


def get(url):
    if url not in cache:
        cache[url] = render(*url.split("?"))  #| return render(*url.split("?"))
    return cache[url]


sent = 0
for n in range(900):
    sent += len(get("/status?time=%d&unit=kelvin&room=%d" % (n, n % 3)))
