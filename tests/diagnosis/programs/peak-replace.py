# HS-HEAP-PEAK 6 @40k/40k
# A template is filled by replace(), one copy for each.
template = "<p>%NAME% has %VALUE% degrees</p>" * 700

def fill(name, value):
    text = template.replace("%NAME%", name)  #| text = ""
    return text.replace("%VALUE%", str(value))

fill("garden", 20)
