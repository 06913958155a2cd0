# SPDX-License-Identifier: MIT
"""The babeltrace2 plugin: reads traces of every kind as they are, in part, again from the beginning."""
import os
import subprocess
import sys
import threading
import time

import export_ctf
import hs_test

FOLDER = os.path.join(hs_test.BUILD, "babeltrace2")
PLUGIN = "--plugin-path=" + FOLDER

# Reads a trace twice with one iterator, and from a time on, by Python's bindings of the library.
SEEKER = """
import bt2, sys
path, ns = sys.argv[1], int(sys.argv[2])
plugin = bt2.find_plugins_in_path(%r)[0]
graph = bt2.Graph()
component = graph.add_component(plugin.source_component_classes["trace"], "t", {"inputs": [path], "events": "both"})
class Sink(bt2._UserSinkComponent):
    def __init__(self, config, params, obj):
        self._add_input_port("in")
    def _user_graph_is_configured(self):
        self._it = self._create_message_iterator(self._input_ports["in"])
    def read(self):
        return [(m.event.name, m.default_clock_snapshot.value) for m in self._it if type(m) is bt2._EventMessageConst]
    def _user_consume(self):
        first = self.read()
        self._it.seek_beginning()
        again = self.read()
        self._it.seek_ns_from_origin(ns)
        part = self.read()
        print(len(first), first == again, part == [x for x in first if x[1] >= ns], len(part))
        raise bt2.Stop
sink = graph.add_component(Sink, "s")
graph.connect_ports(component.output_ports["out"], sink.input_ports["in"])
graph.run()
"""


def case_records(bench):
    traces = list(export_ctf.traces(bench))
    image = bench.path("image.hst")
    done = hs_test.cli("import", bench.overwritten(), "-o", image)
    bench.check("a ring made a .hst", done.status == 0, done.err)
    for name, trace in traces + [("unix64, .hst", image)]:
        rows, lost = export_ctf.read(PLUGIN, trace)
        dump = bench.dump(trace)
        bench.check("plugin, %s: %d records" % (name, len(dump)),
                    len(dump) > 100 and not (why := export_ctf.difference(rows, dump)), why)
        bench.check("plugin, %s: nothing was lost" % name, lost == 0, lost)
    trace = bench.damaged()
    rows, lost = export_ctf.read(PLUGIN, trace)
    bench.check("plugin, damaged: %d discarded events" % lost, lost == bench.stat(trace)["lost"] > 0)
    bench.check("plugin, damaged: the records that are left", not (why := export_ctf.difference(rows, bench.dump(trace))), why)


def case_part(bench):
    trace = bench.trace()
    dump = bench.dump(trace)
    begin, end = dump[len(dump) // 3]["time_s"], dump[len(dump) // 2]["time_s"]
    rows, _ = export_ctf.read(PLUGIN, "--clock-gmt", "--begin=%.9f" % begin, "--end=%.9f" % end, trace)
    why = export_ctf.difference(rows, [r for r in dump if begin <= r["time_s"] <= end])
    bench.check("plugin, --begin and --end: %d events" % len(rows), len(rows) > 10 and not why, why)


def case_seek(bench):
    trace = bench.trace()
    dump = bench.dump(trace)
    ns = round(dump[len(dump) // 2]["time_s"] * 1e9)
    done = hs_test.run([sys.executable, "-c", SEEKER % FOLDER, trace, str(ns)])
    words = done.out.decode().split()
    bench.check("plugin: seeking the beginning, and a time", done.status == 0 and words[1:3] == ["True", "True"] and
                int(words[0]) > len(dump) and 0 < int(words[3]) < int(words[0]), done.out + done.err)


def case_params(bench):
    trace = bench.trace()

    def plugin(params):
        done = hs_test.run(["babeltrace2", PLUGIN, "-c", "source.heapstrata.trace", "--params=" + params])
        return done.status, done.out.decode(), done.err.decode()

    _, out, _ = plugin('inputs=["%s"],events="libc"' % trace)
    bench.check("plugin, events=libc", "lttng_ust_libc:malloc" in out and "heapstrata:" not in out, out[:300])
    _, out, _ = plugin('inputs=["%s"],elf="%s"' % (trace, hs_test.firmware("unix64")))
    bench.check("plugin, elf: native functions have names", 'native = "list_new"' in out, out[:1000])
    for params, expected in (('inputs=["%s"],events="some"' % trace, "records, libc or both"),
                             ('inputs=["/no/such/file"]', "/no/such/file"), ('events="libc"', "exactly one trace file"),
                             ('inputs=["%s"],elf="/no/such/elf"' % trace, "/no/such/elf")):
        status, _, err = plugin(params)
        bench.check("plugin, bad parameters: " + expected, status != 0 and expected in err.replace("\n  ", " "), err)


def case_only_what_is_asked_for(bench):
    names = hs_test.run(["nm", "-D", "--defined-only", os.path.join(FOLDER, "babeltrace-plugin-heapstrata.so")]).out.decode()
    rest = [line for line in names.splitlines() if "__bt_" not in line and " A " not in line]
    bench.check("plugin: shows its host nothing but a plugin's entries", names and not rest, rest[:5])


def case_growing(bench):
    """A stream that is still being written, by way of a pipe."""
    trace, out = bench.path("growing"), bench.path("growing.txt")
    program = subprocess.Popen([hs_test.firmware("unix64"), "slow.py"], cwd=os.path.join(os.path.dirname(__file__), "programs"),
                               env=dict(os.environ, HEAPSTRATA_OUT=trace))
    while not os.path.exists(trace):
        pass
    tail = subprocess.Popen(["tail", "-c", "+1", "-s", "0.1", "--pid=%d" % program.pid, "-f", trace], stdout=subprocess.PIPE)
    with open(out, "wb") as f:
        reader = subprocess.Popen(["babeltrace2", PLUGIN, "-c", "source.heapstrata.trace", "--params=inputs=[\"-\"]"],
                                  stdin=tail.stdout, stdout=f, stderr=subprocess.PIPE)
    tail.stdout.close()
    seen = 0
    while program.poll() is None:
        seen = os.path.getsize(out)
    _, err = reader.communicate(timeout=60)
    tail.wait(10)
    events = [line for line in open(out) if not any(sample in line for sample in export_ctf.SAMPLES)]
    bench.check("plugin: %d bytes of events came while the trace was growing" % seen, seen > 100000)
    bench.check("plugin: in the end all %d are there" % len(events), reader.returncode == 0 and
                len(events) == len(bench.dump(trace)), err)


def follow(path, out):
    with open(out, "wb") as f:
        return subprocess.Popen(["babeltrace2", PLUGIN, "-c", "source.heapstrata.trace",
                                 '--params=inputs=["%s"],follow=yes' % path], stdout=f, stderr=subprocess.PIPE)


def events_in(path):
    return sum(not any(sample in line for sample in export_ctf.SAMPLES) for line in open(path, errors="replace"))


def wait_until(what, seconds=20):
    end = time.monotonic() + seconds
    while not what() and time.monotonic() < end:
        time.sleep(0.05)
    return what()


def has_events(path):
    """Whether a trace that is being written has its header and some events. babeltrace2 finds no trace in an empty file."""
    return os.path.exists(path) and os.path.getsize(path) > 1000


def watch(bench, name, path, writers, least):
    """Follows the file as long as one of the writers is there, and to its end."""
    out = path + ".txt"
    wait_until(lambda: has_events(path))
    reader, seen = follow(path, out), []
    while writers[-1].poll() is None:
        seen.append(os.path.getsize(out))
        time.sleep(0.1)
    _, err = reader.communicate(timeout=30)
    steps = sum(b > a for a, b in zip(seen, seen[1:]))
    bench.check("plugin, follow=yes, %s: events came in %d steps while it was written" % (name, steps), steps >= least, seen)
    bench.check("plugin, follow=yes, %s: ends with its writer, all %d events are there" % (name, events_in(out)),
                reader.returncode == 0 and events_in(out) == len(bench.dump(path)), err)
    again = hs_test.run(["babeltrace2", PLUGIN, path]).out
    bench.check("plugin, %s: the same when it is read afterwards" % name, again == open(out, "rb").read())


def case_following(bench):
    """A stream and a .hst while they are being written, by name."""
    stream, hst = bench.path("followed"), bench.path("followed.hst")
    program = subprocess.Popen([hs_test.firmware("unix64"), "slow.py"], cwd=os.path.join(os.path.dirname(__file__), "programs"),
                               env=dict(os.environ, HEAPSTRATA_OUT=stream, HEAPSTRATA_PACKET="1024"))
    wait_until(lambda: has_events(stream))
    tail = subprocess.Popen(["tail", "-c", "+1", "-s", "0.1", "--pid=%d" % program.pid, "-f", stream], stdout=subprocess.PIPE)
    record = subprocess.Popen([hs_test.NATIVE, "record", "-q", "--stream", "-", "-o", hst], stdin=tail.stdout, stderr=subprocess.DEVNULL)
    tail.stdout.close()
    now = hs_test.run(["babeltrace2", PLUGIN, stream])
    bench.check("plugin, without follow: what is there so far", now.status == 0 and b"heapstrata:" in now.out, now.err)
    both = [threading.Thread(target=watch, args=(bench, name, path, writers, least)) for name, path, writers, least in
            (("stream", stream, [program], 4), (".hst", hst, [tail, record], 1))]  # a .hst grows every second or two
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    tail.wait(10)
    bench.check("plugin, follow=yes: the writers ended well", program.returncode == record.returncode == 0,
                (program.returncode, record.returncode))
