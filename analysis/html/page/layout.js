// SPDX-License-Identifier: MIT
// What lies where at one moment. seek() goes to any other: from the nearest key that is kept, or on from here.

class Layout {
  constructor(history) {
    this.history = history;
    this.at = new Uint32Array(history.granules + 1); // at a head: step that put the block there, plus 1
    this.regions = [];  // present ones, by address in the trace's granule numbers
    this.moment = -1;
    this.used = this.total = 0;
    this.left = [];     // births of blocks that left their places
    this.back = 0;      // so many of them are put down again
  }

  regionAt(pos) {
    const last = this.last;
    if (last && pos - last.first < last.granules && pos >= last.first)
      return last;
    this.last = this.regions.find(r => pos >= r.first && pos - r.first < r.granules);
    return this.last;
  }

  bytesOf(step) {
    const region = this.regionAt(this.history.pos[step]);
    return region ? this.history.granulesOf[step] * 2 ** region.shift : 0;
  }

  // The steps of the next moment. For the first time, births and sizes are found too.
  apply(m, first = false) {
    const h = this.history;
    for (let i = h.first[m], end = h.first[m + 1]; i < end; i++)
      this.step(h, i, first);
    this.left.length = this.back = 0;
    this.moment = m;
  }

  step(h, i, first) {
    const what = h.what[i], pos = h.pos[i];
    if (what === TAKEN || what === MOVED) {
      const taken = this.bytesOf(i);
      if (first) {
        h.birth[i] = what === MOVED && this.back < this.left.length ? this.left[this.back++] : i;
        h.size[i] = taken - (h.size[i] | 0);
      }
      this.at[pos] = i + 1;
      this.used += taken;
    } else if (what === FREED || what === LEFT) {
      const was = this.at[pos] - 1;
      if (was < 0)
        return;
      this.used -= this.bytesOf(was);
      this.at[pos] = 0;
      if (first && what === LEFT)
        this.left.push(h.birth[was]);
    } else {
      this.region(h.regions[pos], what === CAME);
    }
  }

  region(region, came) {
    const size = region.granules * 2 ** region.shift;
    this.last = null;
    this.total += came ? size : -size;
    this.regions = came ? [...this.regions, region].sort((a, b) => a.first - b.first) : this.regions.filter(r => r !== region);
  }

  key() {
    return {moment: this.moment, at: this.at.slice(), regions: this.regions, used: this.used, total: this.total};
  }

  restore(key) {
    if (key.at.length)
      this.at.set(key.at);
    else
      this.at.fill(0);
    Object.assign(this, {regions: key.regions, used: key.used, total: key.total, moment: key.moment, last: null});
  }

  seek(moment) {
    const h = this.history, key = h.keys[h.momentAt(h.keyMoments, moment)];
    const nothing = {moment: -1, at: new Uint32Array(0), regions: [], used: 0, total: 0};
    if (moment < this.moment || (key && key.moment > this.moment))
      this.restore(key || nothing);
    while (this.moment < moment)
      this.apply(this.moment + 1);
    return this;
  }

  // Calls each(step, head, granules) for the blocks of a region, in the order of their places.
  blocks(region, each) {
    const {at, history} = this;
    for (let pos = region.first, end = region.first + region.granules; pos < end;) {
      const step = at[pos] - 1;
      if (step < 0) {
        pos++;
        continue;
      }
      const granules = Math.min(history.granulesOf[step], end - pos);
      each(step, pos, granules);
      pos += granules || 1;
    }
  }

  // The last head at a granule or before it, -1 when there is none in its region.
  headBefore(pos) {
    const region = this.regionAt(pos), low = region ? region.first : pos + 1;
    while (pos >= low && !this.at[pos])
      pos--;
    return pos >= low ? pos : -1;
  }

  // Step of the block that covers a granule, -1 when it is free.
  blockAt(pos) {
    const head = this.headBefore(pos), step = head < 0 ? -1 : this.at[head] - 1;
    return step >= 0 && head + this.history.granulesOf[step] > pos ? step : -1;
  }

  // Of each region a string of h, = and ., as `heapstrata map --json` has it.
  granules() {
    return this.regions.map(region => {
      const cell = new Array(region.granules).fill('.');
      this.blocks(region, (step, head, granules) => {
        cell.fill('=', head - region.first, head - region.first + granules);
        cell[head - region.first] = 'h';
      });
      return cell.join('');
    });
  }
}
