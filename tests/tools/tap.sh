# SPDX-License-Identifier: MIT
# For test scripts in sh:  . "$(dirname "$0")/../tools/tap.sh"
#   ok NAME / not_ok NAME [TEXT...] / skip NAME WHY      one line each
#   check NAME COMMAND...                                ok when the command succeeds; else shows its output
#   finish                                               prints the plan, exits 1 when something failed
# HS_ROOT_DIR HS_BUILD HS_CLI HS_NATIVE HS_MP HS_MP_SRC HS_MPY_CROSS HS_PYTHON HS_TMP come from make; a script run by
# hand gets the same values for build/.
: "${HS_ROOT_DIR:=$(cd "$(dirname "$0")/../.." && pwd)}"
: "${HS_BUILD:=$HS_ROOT_DIR/build}"
: "${HS_NATIVE:=$HS_BUILD/heapstrata}"
: "${HS_CLI:=$HS_NATIVE}"
: "${HS_MP:=$HS_ROOT_DIR/build/micropython}"
: "${HS_MP_SRC:=$HS_MP/src}"
: "${HS_MPY_CROSS:=$HS_MP/mpy-cross/mpy-cross}"
: "${HS_PYTHON:=$(command -v /usr/bin/python3 || echo python3)}"
: "${HS_TMP:=$(mktemp -d)}"
export HS_ROOT_DIR HS_BUILD HS_CLI HS_NATIVE HS_MP HS_MP_SRC HS_MPY_CROSS HS_PYTHON HS_TMP
tap_count=0
tap_failed=0

ok() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1"
}

not_ok() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_count - $1"
	shift
	[ $# = 0 ] || printf '%s\n' "$*" | sed 's/^/#   /'
}

skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

check() {
	tap_name=$1
	shift
	if tap_output=$("$@" 2>&1); then ok "$tap_name"; else not_ok "$tap_name" "$* ($?)
$(printf '%s\n' "$tap_output" | tail -n 20)"; fi
}

finish() {
	echo "1..$tap_count"
	[ "$tap_failed" = 0 ]
	exit
}
