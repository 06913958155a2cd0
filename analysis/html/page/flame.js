// SPDX-License-Identifier: MIT
// The flame graph, with d3-flame-graph: who asked for memory, through which calls. Where no stacks were recorded,
// files and functions take their place.

const BOTH = 2;

class Flame {
  constructor(view, places, box) {
    Object.assign(this, {view, places, box});
    this.layouts = view.traces.map(trace => new Layout(trace.history));
    this.which = 0;
    for (const id of ['weight', 'which'])
      byId(id).addEventListener('change', () => this.draw());
    byId('search').addEventListener('input', event => this.find(event.target.value));
    this.offer();
    view.on('range', () => this.later());
    view.on('axis', () => this.later());
    new ResizeObserver(() => this.later()).observe(box);
    dark.addEventListener('change', () => this.draw());
  }

  offer() {
    const {traces} = this.view;
    if (!traces.some(t => t.facts.retained))
      byId('weight').querySelector('[value=retained]').disabled = true;
    if (traces.length > 1) {
      byId('which').append(element('option', {value: 0}, 'A'), element('option', {value: 1}, 'B'), element('option', {value: BOTH}, 'B against A'));
      byId('which-label').hidden = false;
    }
  }

  later() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.draw(), 120);
  }

  // A weight for each site, by number plus 1.
  weights(trace, what) {
    const {view, layouts} = this, n = trace.facts.sites.length;
    if (what === 'live' && !trace.history.isMapped(view.momentAt(trace, view.to)))
      return new Float64Array(n);
    if (what === 'live')
      return liveAt(layouts[view.traces.indexOf(trace)].seek(view.momentAt(trace, view.to)), n);
    if (what === 'retained')
      return this.retained(trace);
    return sumsOfRange(view, trace, view.from, view.to)[what];
  }

  // Of a place, shared among its sites by what they hold.
  retained(trace) {
    const {facts} = trace, live = liveAt(this.layouts[this.view.traces.indexOf(trace)].seek(trace.history.moments - 1), facts.sites.length);
    const sum = new Float64Array(facts.places.length), count = new Float64Array(facts.places.length);
    facts.sites.forEach((site, i) => site[0] >= 0 && (sum[site[0]] += live[i], count[site[0]]++));
    return live.map((bytes, i) => {
      const place = facts.sites[i][0];
      return place < 0 ? 0 : (facts.places[place].retained || 0) * (sum[place] ? bytes / sum[place] : 1 / count[place]);
    });
  }

  // Names from the outermost call to the place.
  path(trace, site) {
    const {facts} = trace, [, kind, frames] = facts.sites[site], place = this.places.place[trace.placeOf[site]];
    const names = facts.stacks && frames ? frames.map(f => facts.frames_as?.[f] ?? facts.frames[f])
      : place?.file ? [place.file, place.name] : ['native', place?.name ?? '(not known)'];
    return this.places.namesKinds && kind < facts.kinds.length ? [...names, facts.kinds[kind]] : names;
  }

  // Of one trace, or of both: then a frame is as wide as the greater of the two, and has what each of them has.
  tree(traces, what) {
    const root = {name: 'all', value: 0, of: traces.map(() => 0), children: []}, index = new Map();
    const child = (node, key, name, place) => {
      if (!index.has(key)) {
        index.set(key, {name, value: 0, of: traces.map(() => 0), children: [], place});
        node.children.push(index.get(key));
      }
      return index.get(key);
    };
    traces.forEach((trace, i) => this.weights(trace, what).forEach((weight, site) => {
      if (!weight)
        return;
      let node = root, key = '';
      root.of[i] += weight;
      for (const name of this.path(trace, site)) {
        key += '\u0000' + name;
        node = child(node, key, name, trace.placeOf[site]);
        node.of[i] += weight;
      }
    }));
    return widen(root);
  }

  draw() {
    const {view, box} = this, which = +byId('which').value || 0, what = byId('weight').value;
    const traces = which === BOTH ? view.traces : [view.traces[which]], width = box.clientWidth, data = this.tree(traces, what);
    const unit = what === 'count' ? ' times' : ' bytes';
    byId('flame-hint').textContent = this.hint(traces, what);
    if (!width)
      return;
    box.replaceChildren();
    if (!data.value) {
      box.append(element('p', {class: 'quiet'}, 'Nothing in this range.'));
      return;
    }
    const detail = byId('flame-detail');
    const figures = ({data: {of}}) => of.length > 1 ? `A ${grouped(of[0])}, B ${grouped(of[1])}${unit}, ${signed(of[1] - of[0])}` : `${grouped(of[0])}${unit}, ${percent(of[0] / data.of[0])}`;
    const text = d => `${d.data.name}: ${figures(d)}`;
    this.chart = flamegraph.default().getName(d => shortened(d.data.name, Math.max(12, Math.floor((d.x1 - d.x0) * width / 7))))
      .setSearchMatch((d, term) => new RegExp(term).test(d.data.name)).width(width).cellHeight(19).minFrameSize(1).inverted(true).transitionDuration(0)
      .sort((a, b) => b.data.value - a.data.value).label(text).setDetailsElement(detail)
      .setColorMapper(d => d.highlight ? css('--found') : this.colour(d));
    d3.select(box).datum(data).call(this.chart);
    this.find(byId('search').value);
  }

  // A line and what is below it have the colour that the map has for it; of two traces, more is orange and less is blue.
  colour(d) {
    const {places} = this, {name, of, place} = d.data, id = places.byName.get(name) ?? (d.children ? -1 : place);
    if (of.length === 1)
      return d.depth && id >= 0 ? places.colourOfPlace(id) : other();
    const change = (of[1] - of[0]) / Math.max(of[0], of[1]);
    return `rgb(${mixed(other(), change > 0 ? hues()[1] : hues()[0], Math.abs(change))})`;
  }

  // On paper what was drawn for the screen is made to fit: it cannot be drawn anew at once.
  fit() {
    const svg = this.box.querySelector('svg');
    if (svg)
      svg.setAttribute('viewBox', `0 0 ${svg.width.baseVal.value} ${Math.max(20, svg.height.baseVal.value - 38)}`);
  }

  find(term) {
    if (!this.chart)
      return;
    if (term)
      this.chart.search(term.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    else
      this.chart.clear();
  }

  hint(traces, what) {
    const parts = [], some = key => traces.some(trace => !trace.facts[key]);
    if (traces.length > 1)
      parts.push('orange: more in B, blue: less');
    if (some('stacks'))
      parts.push('no stacks were recorded (HEAPSTRATA_STACKS=1): by file instead');
    if ((what === 'bytes' || what === 'count') && some('exact'))
      parts.push('in stretches of the trace that the range touches');
    if (what === 'live' && traces.some(trace => !trace.history.isMapped(this.view.momentAt(trace, this.view.to))))
      parts.push('who holds what is not known there: the trace tells figures, not blocks');
    if (what === 'retained')
      parts.push('at the last snapshot of references; what several places retain together counts in each');
    return parts.join('; ');
  }
}

// A frame is as wide as what it calls, and at least as what it has in either trace.
function widen(node) {
  const inner = node.children.reduce((sum, child) => sum + widen(child).value, 0);
  node.value = Math.max(inner, ...node.of);
  return node;
}
