# HS-HEAP-PEAK 5 @48k/48k
# A body is put into a head.
def respond(body):
    head = "HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body  #| return head % len(body)

page = "y" * 28000
respond(page)
