// SPDX-License-Identifier: MIT
// The heap map: every granule of every region at the cursor's moment, on a canvas. A pixel image of one pixel a granule
// is enlarged; heads are cut off from what lies before them where there is room for it.

const NARROWEST = 16; // granules a row

class HeapMap {
  constructor(view, places, trace, box, title) {
    Object.assign(this, {view, places, trace, box});
    this.layout = new Layout(trace.history);
    this.canvas = element('canvas', {tabindex: 0, role: 'img'});
    this.note = element('p', {class: 'quiet'});
    box.append(title ? element('h3', {}, title) : '', element('div', {class: 'canvas'}, this.canvas), this.note);
    this.image = document.createElement('canvas');
    this.mode = 'line';
    this.bands = [];
    this.canvas.addEventListener('pointermove', event => this.hover(this.granuleAt(event), event));
    this.canvas.addEventListener('pointerleave', () => hideTip());
    this.canvas.addEventListener('click', event => this.pin(this.granuleAt(event)));
    this.canvas.addEventListener('keydown', event => this.key(event));
    this.canvas.addEventListener('blur', () => hideTip());
    new ResizeObserver(() => this.draw()).observe(box);
  }

  // How regions lie on the canvas: bands one below the other, of rows of `columns` granules.
  arrange() {
    const width = Math.max(200, this.box.clientWidth), regions = this.layout.regions;
    const total = regions.reduce((sum, r) => sum + r.granules, 0) || 1;
    const area = width * Math.min(420, Math.max(240, width * 0.75));
    const size = Math.max(1, Math.min(14, Math.floor(Math.sqrt(area / total))));
    const fit = Math.floor(width / size), even = fit < 128 ? 8 : 16;
    const columns = Math.max(NARROWEST, fit - fit % even);
    let top = 0;
    this.bands = regions.map(region => {
      const rows = Math.ceil(region.granules / columns), label = regions.length > 1 ? 16 : 0;
      const band = {region, rows, top: top + label, label};
      top += label + rows * size + 4;
      return band;
    });
    Object.assign(this, {size, columns, width, height: Math.max(20, top)});
  }

  resizeCanvas() {
    const ratio = devicePixelRatio, [w, h] = [Math.round(this.width * ratio), Math.round(this.height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) {
      Object.assign(this.canvas, {width: w, height: h});
      Object.assign(this.canvas.style, {width: this.width + 'px', height: this.height + 'px'});
    }
  }

  // A pixel for each step that may be asked for, by the colouring chosen, dimmed unless it is pinned.
  paint() {
    const {places, trace, view} = this, paper = css('--paper'), h = trace.history;
    const lit = colour => pixel(colour), dim = colour => pixel(colour, paper, 0.8);
    const hue = this.mode === 'kind' ? site => places.colourOfKind(trace.kindOf[site]) : site => places.colourOfPlace(trace.placeOf[site]);
    const pinned = sitesPinned(view, trace);
    const shade = (site, colour) => !pinned || pinned(site) ? lit(colour) : dim(colour);
    if (this.mode !== 'age') {
      const of = trace.facts.sites.map((_, site) => shade(site, hue(site)));
      return step => of[h.site[step]];
    }
    const now = h.time[this.layout.moment] || 0, lits = AGES.map(lit), dims = AGES.map(dim);
    const scale = (AGES.length - 0.001) / Math.log2(now + 2);
    return step => {
      const age = now - h.time[h.momentOf[h.birth[step]]];
      return (!pinned || pinned(h.site[step]) ? lits : dims)[Math.min(AGES.length - 1, Math.floor(Math.log2(age + 1) * scale))];
    };
  }

  draw() {
    const {layout, trace, view} = this, moment = view.moment(trace);
    layout.seek(moment);
    this.arrange();
    this.resizeCanvas();
    const ctx = this.canvas.getContext('2d'), ratio = devicePixelRatio, cell = this.size * ratio;
    const paint = this.paint(), free = pixel(css('--free')), paper = css('--paper'), quiet = css('--quiet');
    ctx.imageSmoothingEnabled = false;
    ctx.fillStyle = paper;
    ctx.fillRect(0, 0, this.canvas.width, this.canvas.height);
    const mapped = this.isMapped();
    for (const band of this.bands) {
      if (band.label) {
        ctx.fillStyle = quiet;
        ctx.font = `${11 * ratio}px system-ui, sans-serif`;
        ctx.fillText(band.region.name || hex(band.region.base), 0, (band.top - 4) * ratio);
      }
      if (mapped)
        this.drawBand(ctx, band, paint, free, cell, paper);
      else
        this.hatch(ctx, band);
    }
    this.tell(moment);
  }

  drawBand(ctx, band, paint, free, cell, paper) {
    const {columns, image} = this, {region, rows, top} = band;
    image.width = columns;
    image.height = rows;
    const data = new ImageData(columns, rows), pixels = new Uint32Array(data.data.buffer);
    pixels.fill(free, 0, region.granules);
    const heads = [], cut = cell >= 4;
    this.layout.blocks(region, (step, head, granules) => {
      const at = head - region.first, colour = paint(step);
      for (let i = at; i < at + granules; i++)
        pixels[i] = colour;
      if (cut)
        heads.push(at);
    });
    image.getContext('2d').putImageData(data, 0, 0);
    ctx.drawImage(image, 0, 0, columns, rows, 0, top * devicePixelRatio, columns * cell, rows * cell);
    if (!cut)
      return;
    ctx.fillStyle = paper;
    for (const at of heads)
      ctx.fillRect(at % columns * cell, top * devicePixelRatio + Math.floor(at / columns) * cell, 1, cell);
    for (let row = 1; row < rows; row++)
      ctx.fillRect(0, top * devicePixelRatio + row * cell - 1, columns * cell, 1);
  }

  isMapped() {
    return this.trace.history.isMapped(this.view.moment(this.trace));
  }

  // A region of which nothing is known but that it is there.
  hatch(ctx, {region, top, rows}) {
    const {columns, size} = this, ratio = devicePixelRatio, width = Math.min(columns, region.granules) * size, height = rows * size;
    ctx.save();
    ctx.beginPath();
    ctx.rect(0, top * ratio, width * ratio, height * ratio);
    ctx.clip();
    ctx.strokeStyle = css('--line');
    ctx.lineWidth = 3 * ratio;
    ctx.beginPath();
    for (let x = -height; x < width; x += 12) {
      ctx.moveTo(x * ratio, (top + height) * ratio);
      ctx.lineTo((x + height) * ratio, top * ratio);
    }
    ctx.stroke();
    ctx.restore();
  }

  // What the map cannot show is said below it.
  tell(moment) {
    const h = this.trace.history, level = h.level(moment), levels = ['stopped', 'full', 'sampled', 'summary'];
    const why = moment < 0 ? 'Before the first event.'
      : level > 1 ? `No map: recorded at level ${levels[level]}, which tells figures, not where blocks are.`
      : !(h.state[moment] & SYNCED) ? 'The layout is not known at this moment: no snapshot since the trace begins, or since records were lost.'
      : h.state[moment] & BARE ? `The map is that of record ${grouped(h.number[h.shown(moment)])}, the last one before that the page holds.` : '';
    this.note.textContent = why;
    const bytesUsed = moment < 0 ? 0 : h.used[moment];
    this.canvas.setAttribute('aria-label', h.isMapped(moment) ? `Heap map: ${grouped(bytesUsed)} bytes used. Arrow keys go from block to block, Enter pins.`
      : 'Heap map: where blocks lie is not known at this moment.');
  }

  granuleAt(event) {
    const x = Math.floor(event.offsetX / this.size), y = event.offsetY;
    const band = this.bands.find(b => y >= b.top && y < b.top + b.rows * this.size);
    if (!this.isMapped() || !band || x < 0 || x >= this.columns)
      return -1;
    const at = Math.floor((y - band.top) / this.size) * this.columns + x;
    return at < band.region.granules ? band.region.first + at : -1;
  }

  placeOf(granule) {
    const region = this.layout.regionAt(granule), band = this.bands.find(b => b.region === region), box = this.canvas.getBoundingClientRect();
    const at = granule - region.first;
    return {clientX: box.left + (at % this.columns + 1) * this.size, clientY: box.top + band.top + Math.floor(at / this.columns) * this.size};
  }

  hover(granule, event) {
    const step = granule < 0 ? -1 : this.layout.blockAt(granule);
    if (granule < 0)
      hideTip();
    else
      showTip(event, step < 0 ? this.aboutFree(granule) : this.about(step));
  }

  about(step) {
    const {trace, places, view} = this, h = trace.history, moment = this.layout.moment, site = h.site[step];
    const born = h.momentOf[h.birth[step]], region = this.layout.regionAt(h.pos[step]);
    const age = view.mode === 'time' || trace.facts.hz ? duration((h.time[moment] - h.time[born]) / (trace.facts.hz || 1)) : '';
    const taken = this.layout.bytesOf(step), thinned = trace.facts.thinned ? 'about ' : '';
    return {
      title: placeName(places, trace, site),
      rows: [
        ['size', `${grouped(h.size[step])} bytes requested, ${grouped(taken)} allocated`],
        ['age', site ? `${thinned}${age}, since record ${grouped(h.number[born])}` : 'there before recording, or through a loss'],
        ['survived', `${grouped(h.collections[moment] - h.collections[born])} collections`],
        ['kind', trace.kindOf[site] < places.kinds.length && places.namesKinds ? places.kinds[trace.kindOf[site]] : null],
        ['address', hex(region.base + (h.pos[step] - region.first) * 2 ** region.shift)],
      ],
    };
  }

  aboutFree(granule) {
    const region = this.layout.regionAt(granule), {at} = this.layout, before = this.layout.headBefore(granule);
    const from = before < 0 ? region.first : before + this.trace.history.granulesOf[at[before] - 1];
    let to = granule + 1;
    while (to < region.first + region.granules && !at[to])
      to++;
    return {title: 'free', rows: [
      ['run', `${grouped((to - from) * 2 ** region.shift)} bytes`],
      ['address', hex(region.base + (from - region.first) * 2 ** region.shift)],
    ]};
  }

  pin(granule) {
    const step = granule < 0 ? -1 : this.layout.blockAt(granule);
    const place = step < 0 ? -1 : this.trace.placeOf[this.trace.history.site[step]];
    this.view.setPin(place < 0 ? null : {what: 'place', id: place});
  }

  // From block to block by the keyboard.
  key(event) {
    const by = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (event.key === 'Enter')
      this.pin(this.chosen ?? -1);
    else if (by)
      this.choose(by);
    else
      return;
    event.preventDefault();
    event.stopPropagation();
  }

  choose(by) {
    const heads = [];
    if (!this.isMapped())
      return;
    for (const region of this.layout.regions)
      this.layout.blocks(region, (step, head) => heads.push(head));
    const at = heads.findIndex(head => head >= (this.chosen ?? 0));
    const next = heads[this.chosen === undefined ? 0 : Math.min(heads.length - 1, Math.max(0, at + by))];
    if (next === undefined)
      return;
    this.chosen = next;
    this.hover(next, this.placeOf(next));
  }
}

// Whether a site is pinned, by number plus 1; null when nothing is.
function sitesPinned(view, trace) {
  const {pin} = view;
  if (!pin)
    return null;
  return pin.what === 'kind' ? site => trace.kindOf[site] === pin.id : site => trace.placeOf[site] === pin.id;
}

const placeName = (places, trace, site) => places.place[trace.placeOf[site]]?.name ?? '(not known)';

// ---- the tip that follows the pointer ----

function showTip(event, {title, rows}) {
  const tip = byId('tip');
  tip.replaceChildren(element('b', {}, title), element('dl', {}, ...rows.filter(([, value]) => value)
    .flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)])));
  tip.hidden = false;
  const {offsetWidth: w, offsetHeight: h} = tip, x = event.clientX + 14, y = event.clientY + 14;
  tip.style.left = Math.max(4, x + w > innerWidth ? event.clientX - w - 10 : x) + 'px';
  tip.style.top = Math.max(4, y + h > innerHeight ? event.clientY - h - 10 : y) + 'px';
}

function hideTip() {
  byId('tip').hidden = true;
}

// ---- what colours mean ----

class Legend {
  constructor(view, places, maps, list) {
    Object.assign(this, {view, places, maps, list, mode: 'line'});
  }

  draw() {
    const {mode, maps, list} = this;
    list.replaceChildren(...(mode === 'age' ? this.ages() : this.classes(maps)));
  }

  ages() {
    return [element('li', {class: 'ages'}, 'young ', ...AGES.map(colour => {
      const swatch = element('span', {class: 'swatch'});
      swatch.style.background = colour;
      return swatch;
    }), ' old, by powers of the run’s length')];
  }

  // Bytes of each place or kind, in each of the maps.
  classes(maps) {
    const {mode, places, view} = this, kinds = mode === 'kind', sums = new Map(), rest = maps.map(() => 0);
    const hued = key => key >= 0 && (kinds ? places.hueOfKind : places.hueOfPlace)[key] >= 0;
    const unmapped = maps.map(map => map.isMapped() ? 0 : map.trace.history.used[map.layout.moment] || 0);
    maps.forEach(({layout, trace}, i) => maps[i].isMapped() && layout.regions.forEach(region => layout.blocks(region, step => {
      const key = (kinds ? trace.kindOf : trace.placeOf)[trace.history.site[step]];
      if (hued(key) && !sums.has(key))
        sums.set(key, maps.map(() => 0));
      (hued(key) ? sums.get(key) : rest)[i] += layout.bytesOf(step);
    })));
    const items = [...sums].sort((a, b) => Math.max(...b[1]) - Math.max(...a[1])).map(([key, n]) => this.item(
      kinds ? places.colourOfKind(key) : places.colourOfPlace(key), kinds ? places.kinds[key] : places.place[key].name, n,
      () => view.setPin({what: mode === 'kind' ? 'kind' : 'place', id: key})));
    if (rest.some(Boolean))
      items.push(this.item(other(), 'others', rest));
    if (unmapped.some(Boolean))
      items.push(this.item(css('--line'), 'used, not known by whom', unmapped));
    const free = maps.map(map => map.isMapped() ? map.layout.total - map.layout.used : map.trace.history.free[map.layout.moment]);
    if (!free.some(Number.isNaN) && maps.every(map => map.layout.moment >= 0))
      items.push(this.item(css('--free'), 'free', free));
    return items;
  }

  item(colour, name, n, onclick) {
    const swatch = element('span', {class: 'swatch'});
    swatch.style.background = colour;
    const label = element(onclick ? 'button' : 'span', {class: 'item', onclick: onclick || (() => {})}, swatch, placeLabel(name), ' ', element('span', {class: 'quiet'}, n.map(grouped).join(' | ')));
    return element('li', {}, label);
  }
}
