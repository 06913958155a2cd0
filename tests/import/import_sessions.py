# SPDX-License-Identifier: MIT
"""Other ways to record: several processes, another program in one, buffers for each process, events that were discarded."""
import hs_test
import import_programs
import ust_memory


def case_processes(bench):
    """Two programs at once, and a third in the place of the first: addresses of one say nothing of the other's."""
    grow = bench.program()
    folder = bench.record("three", ["/bin/sh", "-c", "%s 2000 1 & exec %s 300 0" % (grow, grow)])
    stat = bench.stat(folder)
    processes = {r["name"].split("/")[0] for r in stat["regions"]}
    bench.check("regions by process: %s" % sorted(processes), len(processes) >= 2, stat["regions"])
    rows = bench.rows(folder)
    churned = [r for r in rows if r["line"].endswith(" churn")]
    bench.check("churn of both processes, all of it freed", sum(r["allocs"] for r in churned) == 2000 + 2000 + 300 and
                sum(r["live_blocks"] for r in churned) == 0, churned)
    one = sorted(p for p in processes if p.startswith("grow-"))[0]
    _, alone, _ = hs_test.cli_json("stat", folder, "--heap", one)
    bench.check("--heap %s: one process alone" % one, 0 < alone["events"] < stat["events"], alone["events"])
    held = [r for r in rows if r["line"].endswith(" hold")]
    bench.check("10 blocks of one thread are held", sum(r["live_blocks"] for r in held) == 10, held)


def case_exec(bench):
    """What a program held is gone when another takes its place."""
    grow = bench.program()
    folder = bench.record("exec", ["/bin/sh", "-c", "exec %s 100 0" % grow])
    stat = bench.stat(folder)
    bench.check("one process is left: %s" % [r["name"] for r in stat["regions"]], stat["used_bytes"] > 66 << 20 and
                "contradict" not in hs_test.cli("stat", folder).out.decode(), stat["regions"])
    lines = {r["line"] for r in bench.rows(folder, "--live")}
    bench.check("named by the program that runs at the end", any("grow.c" in n for n in lines), lines)


def case_buffers_by_process(bench):
    """lttng enable-channel --buffers-pid: a folder for each process."""
    folder = bench.record("pids", [bench.program(), "800", "2"], contexts=("vtid", "ip"),
                          channel=("--buffers-pid", "--blocking-timeout=inf", "--subbuf-size=256k"))
    stat, memory = bench.stat(folder), bench.memory(folder)
    bench.check("buffers by process: %d blocks are held" % stat["blocks"], stat["blocks"] == len(memory.live) and
                stat["requested_bytes"] == sum(memory.live.values()), len(memory.live))


def case_discarded(bench):
    """Buffers too small for the program: what LTTng had to discard is lost, and said."""
    folder = bench.record("lossy", [bench.program(), "60000", "2"], channel=("--discard", "--subbuf-size=4096", "--num-subbuf=2"))
    _, lost = bench.text(folder)
    stat = bench.stat(folder)
    bench.check("%d discarded events are lost" % lost, stat["lost"] == lost > 0, stat["lost"])
    done = hs_test.cli("report", folder)
    bench.check("a report says so", done.status == 0 and b"warning: events lost, by the recorder or on the way" in done.out, done.out[:600])


class OneHeap(ust_memory.Memory):
    """Of one heap: a new block ends those that it covers. Their frees were on another processor, whose buffer reaches less far
    back."""
    covered = 0

    def note(self, thread, pointer, size):
        if size:
            for other in [p for p, length in self.live.items() if p < pointer + size and pointer < p + length]:
                del self.live[other]
                self.covered += 1
        super().note(thread, pointer, size)


def snapshot(bench, name, command):
    """Recording begins when the program has run for long: frees of older blocks are none."""
    folder = bench.tracer.create(name, ["lttng_ust_libc:*"], ("--overwrite", "--subbuf-size=16k", "--num-subbuf=2"), ("vtid",),
                                 create=["--snapshot", "--output=" + bench.path(name)])
    try:
        done = hs_test.run(["env", "LD_PRELOAD=liblttng-ust-libc-wrapper.so.1"] + command, env=bench.tracer.env)
        bench.tracer.run("lttng", "snapshot", "record", "--session=" + name)
    finally:
        bench.tracer.run("lttng", "destroy", name)
    stat, memory, lines = bench.stat(folder), OneHeap(), bench.text(folder)[0].splitlines()
    for line in lines:
        memory.take(line)
    told = import_programs.counts("\n".join(lines))["frees"]
    bench.check("a snapshot %s: %d unknown frees are left out" % (name, memory.unknown), done.status == 0 and memory.unknown > 0 and
                stat["blocks"] == len(memory.live) and stat["frees"] == told - memory.unknown + memory.covered, (stat["blocks"],
                len(memory.live), stat["frees"], told, memory.covered))
    live = bench.live(folder)[0]
    bench.check("a snapshot %s: each block is where LTTng says" % name, live.keys() == memory.live.keys(),
                live.keys() ^ memory.live.keys())


def case_snapshot_of_the_middle(bench):
    snapshot(bench, "late", [bench.program(), "5000", "0"])


def case_snapshot_of_two_processors(bench):
    """A program that is moved between processors: the buffer of each reaches back to another time, and frees are missing."""
    move = "%s 600000 0 & p=$!; while kill -0 $p; do for c in 0 1; do env -u LD_PRELOAD taskset -cp $c $p; done; done; wait $p"
    snapshot(bench, "moved", ["sh", "-c", "{ %s; } 2>&1" % (move % bench.program())])


def case_exported(bench):
    """Several processes and regions exported again: the rules of Trace Compass, which knows one space of addresses, find each
    byte and no block over another."""
    grow = bench.program()
    for name, folder in (("three", bench.record("three", ["/bin/sh", "-c", "%s 2000 1 & exec %s 300 0" % (grow, grow)])),
                         ("grow", bench.record("grow", [grow, "3000", "3"]))):
        out, stat = bench.path(name + ".ctf"), bench.stat(folder)
        done = hs_test.cli("export", "-f", "ctf", "--events", "libc", "-o", out, folder)
        memory = ust_memory.read(bench.text(out)[0].splitlines())
        bench.check("%s, exported: %d bytes in %d blocks of %d regions" % (name, stat["used_bytes"], stat["blocks"], len(stat["regions"])),
                    done.status == 0 and sum(memory.used.values()) == stat["used_bytes"] and len(memory.live) == stat["blocks"] > 0,
                    (sum(memory.used.values()), len(memory.live)))
        bench.check("%s, exported: no block over another, no free of what is not there" % name,
                    memory.inflated == memory.unknown == 0 and len(stat["regions"]) > 1, (memory.inflated, memory.unknown))
