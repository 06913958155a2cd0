// SPDX-License-Identifier: MIT
// The history of a heap's layout, as analysis/html/history.h describes it: moments, and the steps that lead to each.
// Everything here is laid out once; class Layout walks over it.

const FREED = 0, LEFT = 1, TAKEN = 2, MOVED = 3, CAME = 4, WENT = 5;
const SYNCED = 1, TOLD = 2, BARE = 4, LEVEL_SHIFT = 3, NO_FIGURES = 32, NO_LONGEST = 64, OWN = 128;

function countOf(column) {
  let n = 0;
  for (let i = 0; i < column.length; i++)
    n += column[i] >> 7 ^ 1;
  return n;
}

// The LEB128 numbers of a column that fit into 32 bits, those of most columns; the usual case is one byte.
function numbers(column, type, signed = false) {
  const out = new type(countOf(column));
  for (let i = 0, at = 0; i < out.length; i++) {
    let byte = column[at++], value = byte & 127;
    for (let shift = 7; byte > 127; shift += 7) {
      byte = column[at++];
      value |= (byte & 127) << shift;
    }
    out[i] = signed ? value >>> 1 ^ -(value & 1) : value;
  }
  return out;
}

// Those that do not: times, counts of records, bytes.
function wideNumbers(column, signed = false) {
  const out = new Float64Array(countOf(column));
  for (let i = 0, at = 0; i < out.length; i++) {
    let byte = column[at++], value = byte & 127;
    for (let factor = 128; byte > 127; factor *= 128) {
      byte = column[at++];
      value += (byte & 127) * factor;
    }
    out[i] = !signed ? value : value % 2 ? -(value + 1) / 2 : value / 2;
  }
  return out;
}

// Differences become values.
function summed(column) {
  for (let i = 1; i < column.length; i++)
    column[i] += column[i - 1];
  return column;
}

class History {
  constructor(facts, columns) {
    this.regions = facts.regions.map(r => ({...r, base: Number(r.base)}));
    this.granules = this.regions.reduce((most, r) => Math.max(most, r.first + r.granules), 0);
    this.readMoments(columns);
    this.readSteps(columns);
    this.replay(wideNumbers(columns.told));
  }

  readMoments(columns) {
    this.time = summed(wideNumbers(columns.time)); // ticks
    this.number = summed(wideNumbers(columns.number));
    this.collections = summed(numbers(columns.collections, Uint32Array));
    this.state = numbers(columns.state, Uint8Array);
    this.longest = summed(wideNumbers(columns.longest, true));
    this.moments = this.time.length;
    const steps = numbers(columns.steps, Uint32Array);
    this.first = new Uint32Array(this.moments + 1); // step of each moment
    for (let i = 0; i < this.moments; i++)
      this.first[i + 1] = this.first[i] + steps[i];
  }

  readSteps(columns) {
    const what = this.what = numbers(columns.what, Uint8Array), n = this.steps = what.length;
    const old = summed(numbers(columns.old, Int32Array, true)), region = numbers(columns.region, Uint32Array);
    const gap = numbers(columns.pos, Int32Array, true), granules = numbers(columns.granules, Uint32Array);
    const site = numbers(columns.site, Uint32Array);
    this.slack = numbers(columns.slack, Int32Array, true);
    this.pos = new Uint32Array(n);      // head, or region
    this.granulesOf = new Uint32Array(n);
    this.site = new Uint32Array(n);     // plus 1; 0: not known
    this.size = new Uint32Array(n);     // bytes asked for
    this.birth = new Uint32Array(n);    // step that took the block first
    for (let i = 0, gone = 0, here = 0, regions = 0, end = 0; i < n; i++) {
      if (what[i] === FREED || what[i] === LEFT) {
        this.pos[i] = old[gone++];
      } else if (what[i] >= CAME) {
        this.pos[i] = region[regions++];
      } else {
        this.pos[i] = end + gap[here];
        this.granulesOf[i] = granules[here];
        this.site[i] = site[here];
        this.size[i] = this.slack[here]; // until the region tells the granule's bytes
        end = this.pos[i] + granules[here++];
      }
    }
    this.slack = null;
  }

  // Goes through everything once: births, sizes, what is used at each moment; and keeps the layout now and then.
  replay(told) {
    const layout = new Layout(this), momentOf = this.momentOf = new Uint32Array(this.steps);
    this.used = new Float64Array(this.moments);
    this.total = new Float64Array(this.moments);
    const most = Math.max(8, Math.min(256, Math.floor(64e6 / (4 * this.granules + 1))));
    const every = Math.max(1024, Math.ceil(this.steps / most));
    this.keys = [];
    for (let m = 0, next = 0, figures = 0; m < this.moments; m++) {
      momentOf.fill(m, this.first[m], this.first[m + 1]);
      layout.apply(m, true);
      this.used[m] = layout.used;
      this.total[m] = layout.total;
      if (this.state[m] & (TOLD | BARE | OWN)) {
        this.used[m] = told[figures++];
        this.total[m] = this.used[m] + told[figures++];
      }
      if (this.state[m] & NO_FIGURES)
        this.used[m] = this.total[m] = NaN;
      if (this.state[m] & (NO_FIGURES | NO_LONGEST))
        this.longest[m] = NaN;
      if (this.first[m + 1] >= next) {
        this.keys.push(layout.key());
        next = this.first[m + 1] + every;
      }
    }
    this.keyMoments = this.keys.map(key => key.moment);
  }

  // The last moment whose `axis` value is at most `value`, -1 when there is none.
  momentAt(axis, value) {
    let low = 0, high = axis.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (axis[middle] <= value)
        low = middle + 1;
      else
        high = middle;
    }
    return low - 1;
  }

  // Free bytes, and external fragmentation in percent, of all moments; made when they are first asked for.
  get free() {
    return this.freeBytes ??= this.total.map((total, m) => total - this.used[m]);
  }

  get external() {
    return this.fragmentation ??= this.free.map((free, m) => free > 0 ? 100 * (1 - this.longest[m] / free) : free * 0);
  }

  // Whether blocks lie where the layout has them; at levels above "full" it knows none, and after a loss not all.
  isMapped(m) {
    return m >= 0 && this.level(m) <= 1 && !(this.state[m] & TOLD);
  }

  // The moment whose layout stands for that of moment m.
  shown(m) {
    while (m > 0 && this.state[m] & BARE)
      m--;
    return m;
  }

  level(m) {
    return this.state[m] >> LEVEL_SHIFT & 3;
  }
}
