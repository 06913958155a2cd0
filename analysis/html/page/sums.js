// SPDX-License-Identifier: MIT
// What each site asked for within a range, and what it holds at a moment. By site number plus 1.

// From the history, where every allocation is a step of it; else from sums of stretches, of all that the range touches.
function sumsOfRange(view, trace, from, to) {
  const {facts, history: h} = trace, n = facts.sites.length;
  const count = new Float64Array(n), size = new Float64Array(n);
  const first = view.momentAt(trace, from), last = view.momentAt(trace, to), whole = from <= view.low && to >= view.high;
  if (facts.exact) {
    const begin = whole ? 0 : Math.max(0, from <= view.low ? first : first + 1);
    for (let i = h.first[begin] || 0, end = h.first[last + 1]; i < end; i++)
      if ((h.what[i] === TAKEN || h.what[i] === MOVED) && h.site[i]) {
        count[h.site[i]]++;
        size[h.site[i]] += h.size[i];
      }
    return {count, bytes: size};
  }
  const low = first < 0 ? -1 : h.time[first], high = last < 0 ? -1 : h.time[last], {shares, until} = facts;
  for (let i = 0; i < shares.length; i += 4) {
    const stretch = shares[i], begins = stretch ? until[stretch - 1] : 0;
    if (!whole && (until[stretch] < low || begins > high))
      continue;
    count[shares[i + 1]] += shares[i + 2];
    size[shares[i + 1]] += shares[i + 3];
  }
  return {count, bytes: size};
}

function liveAt(layout, n) {
  const live = new Float64Array(n), h = layout.history;
  for (const region of layout.regions)
    layout.blocks(region, step => live[h.site[step]] += layout.bytesOf(step));
  return live;
}

// The same put together by place.
function byPlace(trace, places, values) {
  const sums = new Float64Array(places.place.length);
  values.forEach((value, site) => {
    const place = trace.placeOf[site];
    if (place >= 0)
      sums[place] += value;
  });
  return sums;
}
