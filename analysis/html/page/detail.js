// SPDX-License-Identifier: MIT
// What is pinned: its figures, and the source around it where that was at hand.

class Detail {
  constructor(view, places, maps, box) {
    Object.assign(this, {view, places, maps, box});
    view.on('pin', () => this.draw());
    view.on('rest', () => this.draw());
  }

  draw() {
    const {view, places, box} = this, {pin} = view;
    box.hidden = !pin;
    if (!pin)
      return;
    const place = pin.what === 'place' ? places.place[pin.id] : null;
    box.replaceChildren(
      element('h2', {}, place ? place.name : places.kinds[pin.id], ' ', element('button', {onclick: () => view.setPin(null)}, 'Unpin')),
      element('p', {class: 'quiet'}, this.figures(place)), ...(place ? this.source(place) : []));
  }

  figures(place) {
    return this.maps.map((map, i) => {
      const {layout, trace} = map, pinned = sitesPinned(this.view, trace), h = trace.history;
      let blocks = 0, held = 0;
      for (const region of layout.regions)
        map.isMapped() && layout.blocks(region, step => {
          if (pinned(h.site[step])) {
            blocks++;
            held += layout.bytesOf(step);
          }
        });
      const whole = place?.of.get(trace), all = whole ? `; in the whole trace ${grouped(whole.count)} times, ${grouped(whole.bytes)} bytes` : '';
      if (!map.isMapped())
        return `${this.maps.length > 1 ? 'AB'[i] + ': ' : ''}What it holds is not known at the cursor${all}.`;
      return `${this.maps.length > 1 ? 'AB'[i] + ': ' : ''}${grouped(blocks)} blocks of ${grouped(held)} bytes at the cursor${all}.`;
    }).join(' ');
  }

  source(place) {
    for (const trace of this.view.traces) {
      const lines = trace.facts.source[place.file];
      if (!lines)
        continue;
      const near = Object.keys(lines).map(Number).filter(n => Math.abs(n - place.line) <= 4).sort((a, b) => a - b);
      if (near.length)
        return [element('pre', {class: 'source'}, ...near.map(n =>
          element('span', {class: n === place.line ? 'here' : ''}, String(n).padStart(4) + '  ' + lines[n] + '\n')))];
    }
    return place.file ? [element('p', {class: 'quiet'}, 'Its source was not at hand (--source).')] : [];
  }
}
