# SPDX-License-Identifier: MIT
"""The page with the whole program in it: in_page.mjs opens it from disk and gives it files and texts, as a user would. What it says
must be what the native program says. Then in_board.mjs lets it run scripts on a board."""
import json
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tools"))
import hs_same  # noqa: E402
import hs_test  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = os.path.join(hs_test.ROOT, "build", "npm", "tests", "html", "node_modules")
PAGE = os.path.join(hs_test.BUILD, "wasm", "heapstrata.html")
PASTED = "Traceback (most recent call last):\n  File \"main.py\", line 3, in <module>\nMemoryError: memory allocation failed, allocating 8192 bytes\n"

# What fails on a board of any size: half of the free heap is wanted in one piece.
SCRIPT = """import gc
keep = [bytearray(200) for i in range(100)]
keep = keep[::2]
gc.collect()
print("made", len(keep), "blocks")
bytearray(gc.mem_free() - 100)
"""


def said(folder, name):
    """The native diagnosis of a file of that name in a folder."""
    done = hs_test.cli("doctor", name, cwd=folder)
    return (done.out + done.err).decode()


def drive(tap, name, work):
    """Runs a script that uses the page in a browser. Its lines become ours."""
    done = hs_test.run([shutil.which("node") or "node", os.path.join(HERE, name), json.dumps(work)],
                       env={"HS_CLI": hs_test.CLI, "HS_NATIVE": hs_test.NATIVE, "HS_MODULES": MODULES}, timeout=900)
    lines = done.out.decode(errors="replace").splitlines()
    for line in lines:
        if line.startswith(("ok - ", "not ok - ")):
            good, what = line.split("ok - ", 1)
            tap.check(what, not good, "\n".join(l for l in lines if l.startswith("#")))
        elif line.startswith("# ") and line != "# end":
            tap.note(line[2:])
    tap.check(name + " came to its end", done.status == 0 and "# end" in lines, done.err.decode(errors="replace")[-2000:])


def main():
    tap = hs_test.Tap()
    if not os.path.isdir(os.path.join(MODULES, "playwright-core")):
        tap.skip("the page in a browser", "npm could not fetch playwright-core")
        tap.finish()
    folder = hs_test.scratch()
    source = os.path.join(hs_test.ROOT, "tests", "circuitpython", "pico.hst")
    trace, text = os.path.join(folder, "pico (1).hst"), os.path.join(folder, "text")
    shutil.copy(source, trace)
    with open(text, "w", encoding="utf-8") as out:
        out.write(PASTED)
    many = hs_same.many_events(folder, 1010000)
    work = {"page": PAGE, "trace": trace, "text": PASTED, "shots": folder,
            "many": many, "events": json.loads(hs_test.cli("stat", "--json", many).out)["events"], "saidOfMany": said(folder, "many.hst"),
            "saidOfTrace": said(folder, os.path.basename(trace)), "saidOfText": said(folder, "text")}
    drive(tap, "in_page.mjs", work)
    drive(tap, "in_app.mjs", {"site": os.path.join(hs_test.BUILD, "wasm", "site"), "text": PASTED, "saidOfText": work["saidOfText"]})
    drive(tap, "in_board.mjs", {"page": PAGE, "script": SCRIPT, "shots": folder, "soak": bool(os.environ.get("HS_SOAK")), "plain": hs_test.firmware(hs_test.QEMU, plain=True),
                                "hooked": hs_test.firmware(hs_test.QEMU)})
    tap.finish()


main()
