#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""lwIP under the hook, in every way in which it can manage memory.

The trace's high-water marks are lwIP's own MEMP_STATS; occupancy is that of lwIP's own free lists, each 1,000 requests of a
storm of HS_STORM (1,000,000); the holders at the moment of exhaustion have their names; a pool of the size that doctor
names survives an hour of queries by other hosts.
"""
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "tools"))
import hs_test

tap = hs_test.Tap()
SRC = os.environ.get("HS_LWIP_SRC") or os.path.join(hs_test.ROOT, "build", "lwip", "src")
STORM = int(os.environ.get("HS_STORM", "1000000"))
WEB = "examples/lwip-timeouts/web.c examples/lwip-timeouts/network.c"
STATS = WEB + " tests/lwip/pool_stats.c"
POOLS = "UDP_PCB TCP_PCB TCP_PCB_LISTEN TCP_SEG REASSDATA FRAG_PBUF IGMP_GROUP SYS_TIMEOUT PBUF PBUF_POOL".split()
MALLOC_POOLS = ["POOL_%d" % n for n in (128, 512, 1600, 4096)]
CYCLIC = {"dhcp_coarse_tmr", "dhcp_fine_tmr", "dns_tmr", "etharp_tmr", "igmp_tmr", "ip_reass_tmr"}

# name: flags of lwIP, and for the link
VARIANTS = {
    "fixed": "",
    "stats": "-DLWIP_STATS=1",
    "malloc": "-DMEMP_MEM_MALLOC=1 -DLWIP_STATS=1 -DMEMP_STATS=1 -DMEM_SIZE=24000",
    "short": "-DMEMP_MEM_MALLOC=1 -DMEM_SIZE=1600",
    "pools": "-DMEM_USE_POOLS=1 -DMEM_USE_POOLS_TRY_BIGGER_POOL=1 -DLWIP_STATS=1",
    "guards": "-DMEMP_OVERFLOW_CHECK=2 -DLWIP_STATS=1 -DLWIP_DEBUG=1 -DLWIP_DEBUG_TIMERNAMES=1",
    "lto": "-flto",
    "lto-kept": "-flto",
    "chained": "-DHS_LWIP_NEXT_memp_malloc=own_memp_malloc -DHS_LWIP_NEXT_memp_free=own_memp_free",
}


def build(variant, timeouts=16, main=WEB, **more):
    """Builds a program of a variant, by what is in its folder already. Its path."""
    out = os.path.join(hs_test.BUILD, "lwip-tests", variant)
    arguments = ["SRC=" + SRC, "OUT=" + out, "TIMEOUTS=%d" % timeouts, "MAIN=" + main, "LWIP_FLAGS=" + VARIANTS[variant]]
    done = hs_test.run(["make", "-s", "-f", "examples/lwip-timeouts/lwip.mk"] + arguments +
                       ["%s=%s" % item for item in more.items()], cwd=hs_test.ROOT, timeout=600, merge=True)
    if done.status:
        tap.check("builds %s" % variant, False, done.out.decode()[-3000:])
        tap.finish()
    return os.path.join(out, "%s-%d" % (os.path.splitext(os.path.basename(main.split()[0]))[0], timeouts))


def record(program, *args, ring=None):
    """Runs a program under the recorder. Its trace, exit status and output."""
    trace = os.path.join(hs_test.scratch(), "%s-%s" % (os.path.basename(os.path.dirname(program)), os.path.basename(program)))
    if ring and os.path.exists(trace):
        os.remove(trace)
    env = {"HEAPSTRATA_RING": "%s:%s" % (trace, ring)} if ring else {"HEAPSTRATA_OUT": trace}
    done = hs_test.run([program] + [str(a) for a in args], env=env, timeout=300)
    return trace, done.status, (done.out + done.err).decode()


def pools_of(trace):
    status, data, text = hs_test.cli_json("pools", trace)
    return {p["pool"]: p for p in data["pools"]} if data else {}


def doctor(trace):
    _, data, _ = hs_test.cli_json("doctor", trace)
    return {f["code"]: f for f in data["findings"]} if data else {}


def suggested(finding, option):
    found = re.search(r"#define %s (\d+)" % option, " ".join(finding.get("next", [])))
    return int(found.group(1)) if found else 0


def stats_agree(variant):
    """The high-water marks of every pool, and how full it is at the end, against MEMP_STATS."""
    trace, status, out = record(build(variant, main=STATS), 600, 3, 20)
    said = {name: (int(most), int(used)) for name, most, _, used in re.findall(r"^stats (\S+) (\d+) (\d+) (\d+)$", out, re.M)}
    known = pools_of(trace)
    seen = {name: (known[name]["most"], known[name]["now"]) if name in known else (0, 0) for name in said}
    tap.check("%s: most and now are MEMP_STATS's in %d pools" % (variant, len(said)),
              status == 0 and len(said) >= 11 and seen == said, "%s\n%s\n%s" % (said, seen, out[-500:]))


def storm(variant, requests, seed, ring=None, names=POOLS):
    """Occupancy by the trace, against lwIP's own lists."""
    trace, status, out = record(build(variant, main="tests/lwip/storm.c"), requests, seed, ring=ring)
    done = hs_test.run([checker, trace, ",".join(names)], timeout=300, merge=True)
    text = done.out.decode().strip()
    least = requests // 1000 if not ring else 3
    compared = int((re.findall(r"(\d+) compared", text) or [0])[0])
    tap.check("%s: occupancy never drifts in %d requests%s" % (variant, requests, ", ring of " + ring if ring else ""),
              status == 0 and done.status == 0 and compared >= least, text[-2000:] + out[-500:])
    tap.note(text.splitlines()[-1] if text else "")
    return trace


def panic_at(size):
    """The pool is too small: lwIP's own assertion, and what report and doctor say of it."""
    trace, status, out = record(build("fixed", size), 60, 1, 5)
    empty = 'Assertion "sys_timeout: timeout != NULL, pool MEMP_SYS_TIMEOUT is empty"' in out
    pool = pools_of(trace).get("SYS_TIMEOUT", {"most": 0, "holders": [], "refused": 0})
    names = {h["name"] for h in pool["holders"]}
    held = sum(h["elements"] for h in pool["holders"])
    mdns = {n for n in names if n.startswith("mdns_")}
    tap.check("a pool of %d: lwIP's assertion, %d elements held, each by name" % (size, size),
              status == 3 and empty and held == pool["most"] == size and CYCLIC < names and "tcpip_tcp_timer" in names and
              names == CYCLIC | mdns | {"tcpip_tcp_timer"} and (mdns or size == 7),
              "%s\n%s" % (out[-400:], pool))
    later = "others ask by mDNS" in out
    tap.check("a pool of %d dies %s" % (size, "when mDNS starts" if size == 7 else "later, under queries"), later == (size > 7), out[-400:])
    finding = doctor(trace).get("HS-POOL-EMPTY", {})
    wanted = pool.get("refused_first", "")
    tap.check("a pool of %d: doctor names the option, who was refused, and a size" % size,
              finding.get("severity") == "problem" and wanted.startswith("mdns_") and wanted in " ".join(finding["evidence"]) and
              suggested(finding, "MEMP_NUM_SYS_TIMEOUT") > size, finding)
    return suggested(finding, "MEMP_NUM_SYS_TIMEOUT")


def survives(size):
    trace, status, out = record(build("fixed", size), 3600, 4711, 20)
    pool = pools_of(trace).get("SYS_TIMEOUT", {})
    tap.check("a pool of %d, which doctor suggested, survives an hour of other queries" % size,
              status == 0 and not pool.get("refused", 1) and pool["most"] <= size, "%s\n%s" % (out[-300:], pool))
    return trace, pool


checker = os.path.join(hs_test.scratch(), "storm_check")
sanitizers = os.path.basename(hs_test.BUILD)
sanitizers = ["-fsanitize=" + sanitizers[4:].replace("-", ",")] if sanitizers.startswith("san-") else []
compiled = hs_test.run(["gcc", "-O1", "-I.", *sanitizers, "-o", checker, "tests/lwip/storm_check.c", os.path.join(hs_test.BUILD, "libanalysis.a"),
                        os.path.join(hs_test.BUILD, "libheapstrata.a"), "-ldw", "-lelf", "-lzstd", "-ljson-c", "-lm"],
                       cwd=hs_test.ROOT, merge=True)
tap.check("the check compiles", compiled.status == 0, compiled.out.decode()[-2000:])

# --- the example's panic, and the way out of it ---
sizes = {size: panic_at(size) for size in (7, 8, 9, 10, 11)}
tap.check("from a pool of 7 doctor suggests 16", sizes[7] == 16, sizes)
trace, pool = survives(16)
tight = doctor(trace)
tap.check("a pool of 16 of which %d were used: doctor says that it is tight" % pool["most"],
          pool["most"] in (15, 16) and suggested(tight.get("HS-POOL-TIGHT", {}), "MEMP_NUM_SYS_TIMEOUT") > 16 and
          "HS-POOL-EMPTY" in tight and tight["HS-POOL-EMPTY"]["severity"] == "warning", tight)
idle = tight.get("HS-POOL-IDLE", {"evidence": [], "next": []})
tap.check("pools that were never above a quarter: option and bytes to give back",
          any("FRAG_PBUF" in e for e in idle["evidence"]) and any("#define MEMP_NUM_FRAG_PBUF 1 " in n and "-560 bytes" in n for n in idle["next"]),
          idle)

# --- the series ---
status, data, text = hs_test.cli_json("pools", "--timeline", "--points", "50", trace)
series = {p["pool"]: p for p in data["pools"]}["SYS_TIMEOUT"]
tap.check("pools --timeline: the fullest span is the most there was",
          max(series["most"]) == pool["most"] and 25 <= len(series["most"]) <= 50 and not any(series["refused"]), series)
done = hs_test.cli("pools", "--timeline", "--csv", trace)
tap.check("pools --timeline --csv: a column of each pool", done.out.decode().splitlines()[0].startswith("time,UDP_PCB,UDP_PCB_refused"), done.out[:200])
for more in (["pools", "--live"], ["pools", "--timeline", "--from", "1"]):
    done = hs_test.cli(*more, trace)
    tap.check("%s is refused" % " ".join(more), done.status == 2 and more[-1 if more[-1].startswith("--") else -2].encode() in done.err, done.err)

# --- against lwIP's own figures ---
stats_agree("stats")
stats_agree("malloc")
stats_agree("pools")
storm("fixed", STORM, 1)
storm("fixed", 100000, 2, ring="64k")
storm("malloc", 100000, 3)
storm("pools", 100000, 4, names=POOLS + MALLOC_POOLS)
storm("guards", 20000, 5)

# --- elements from the heap ---
trace, status, out = record(build("short"), 60, 1, 5)
finding = doctor(trace).get("HS-POOL-HEAP", {"next": [], "evidence": []})
tap.check("with MEMP_MEM_MALLOC it is the heap that is full", "MEM_SIZE" in " ".join(finding["next"]), out[-300:] + str(doctor(trace)))

# --- the build's own wraps, and wraps that are lost ---
own = {"OWN_WRAP": "-D__wrap_memp_malloc=own_memp_malloc -D__wrap_memp_free=own_memp_free"}
trace, status, out = record(build("chained", main=WEB + " tests/lwip/own_wrap.c", **own), 60, 1, 5)
chained = pools_of(trace)
tap.check("behind our hook the build's own wraps are called: a fourth connection is refused by them, and seen to be",
          status == 0 and chained["TCP_PCB"]["most"] == 3 and chained["TCP_PCB"]["size"] == 5 and chained["TCP_PCB"]["refused"] > 0 and
          chained["SYS_TIMEOUT"]["most"] == 12, out[-300:] + str(chained.get("TCP_PCB")))
done = hs_test.cli("dump", trace)
causes = {int(c) & 3 for c in re.findall(r"FAIL .*?cause=(\d+)", done.out.decode())}
tap.check("... and counts as refused, not as out of room", causes == {3}, causes)

trace, status, out = record(build("lto"), 10, 1, 5)
lost = doctor(trace)
tap.check("wraps lost to -flto: the self-test says so, and doctor what to do",
          "bypass the hooks" in out and "-fno-lto" in " ".join(lost.get("HS-HOOKS-LOST", {"next": []})["next"]) and
          not any(code.startswith("HS-POOL") for code in lost), out[-300:] + str(lost))
trace, status, out = record(build("lto-kept", KEEP="-fno-lto"), 60, 1, 5)
tap.check("with -fno-lto for lwIP's three files it sees all",
          "bypass" not in out and "HS-HOOKS-LOST" not in doctor(trace) and pools_of(trace)["SYS_TIMEOUT"]["most"] == 12, out[-300:])

# --- on a microcontroller ---
for more in ([], ["-DHS_WITH_LWIP=1"]):
    objects = []
    for source in sorted(f for f in os.listdir(os.path.join(hs_test.ROOT, "firmware-hooks", "lwip")) if f.endswith(".c")):
        objects.append(os.path.join(hs_test.scratch(), source + ".o"))
        done = hs_test.run(["arm-none-eabi-gcc", "-std=gnu11", "-mcpu=cortex-m0plus", "-mthumb", "-Os", "-Wall", "-Wextra", "-Werror",
                            "-Wno-missing-field-initializers", '-DHS_PORT_HEADER="firmware-hooks/ports/port_cortexm.h"', *more,
                            "-Iexamples/lwip-timeouts", "-I" + SRC + "/src/include", "-I.", "-c", "-o", objects[-1],
                            "firmware-hooks/lwip/" + source], cwd=hs_test.ROOT, merge=True)
        if done.status:
            break
    needs = hs_test.run(["arm-none-eabi-nm", "-u"] + objects).out.decode() if not done.status else ""
    library = set(re.findall(r"U (?!hs_|__real_|memp_|lwip_|pbuf_|ram_heap|udp_new|netif_add|ip4_output)(\S+)", needs))
    tap.check("the hook compiles for a Cortex-M0+, and needs nothing but lwIP, the recorder and string functions",
              done.status == 0 and library <= {"memcpy", "memset", "strlen", "__gnu_thumb1_case_uqi"}, done.out.decode()[-1500:] + str(library))

# --- levels above "full", and a level that counts ---
program = build("fixed")
for level in ("sampled:64", "summary"):
    path = os.path.join(hs_test.scratch(), "level")
    done = hs_test.run([program, "20", "1", "5"], env={"HEAPSTRATA_OUT": path, "HEAPSTRATA_LEVEL": level})
    status, data, text = hs_test.cli_json("stat", path)
    tap.check("level %s: a trace that can be read, the self-test passes" % level,
              done.status == 0 and status == 0 and b"bypass" not in done.err and data["events"] > 0, done.err.decode() + text)
    summed, named = hs_test.regions_at_level(path)
    tap.check("level %s: each region with figures has its name" % level, len(summed) > 3 and summed == set(named) and
              all(name.startswith("lwip/") for name in named.values()), (summed, named))
tap.finish()
