// SPDX-License-Identifier: MIT
// The table of places: sorted by any column, filtered by any word; of two traces both and the difference.

const ROWS_SHOWN = 60, KINDS_SHOWN = 2;

// Of many kinds the first, and how many more.
function fewer(kinds) {
  const names = kinds.split(', ');
  return names.length <= KINDS_SHOWN ? kinds : `${names.slice(0, KINDS_SHOWN).join(', ')} +${names.length - KINDS_SHOWN}`;
}

class Table {
  constructor(view, places, table) {
    Object.assign(this, {view, places, table, sort: 'bytes', down: true, all: false});
    this.layouts = view.traces.map(trace => new Layout(trace.history));
    this.columns = this.makeColumns();
    byId('meanings').replaceChildren(...this.columns.flatMap(c => [element('dt', {}, c.title), element('dd', {}, c.about)]));
    byId('filter').addEventListener('input', () => this.draw());
    byId('columns').addEventListener('click', event => event.target.setAttribute('aria-pressed', String(table.classList.toggle('wide'))));
    view.on('range', () => this.later());
    view.on('rest', () => this.measureLive());
    view.on('pin', () => this.draw());
    this.later();
  }

  makeColumns() {
    const two = this.view.traces.length > 1, has = key => this.view.traces.some(t => t.facts[key]);
    const each = (key, title, show, about, least = 2) => two
      ? [0, 1].map(i => ({key: key + i, title: title + ' ' + 'AB'[i], show, about, least, value: row => row[key][i]}))
        .concat({key: key + 'd', title: 'Δ ' + title, show: signed, about: about + ', B less A', value: row => row[key].includes(null) ? null : row[key][1] - row[key][0]})
      : [{key, title, show, about, value: row => row[key][0]}];
    const whole = (key, title, show, about, least = 3) => two ? [] : [{key, title, show, about, least, value: row => row.place.of.get(this.view.traces[0])?.[key] ?? null}];
    return [
      {key: 'name', title: 'Place', show: null, about: 'The source line, function or file that asked for memory; C functions of the firmware where no Python ran', value: row => row.place.name},
      ...(this.places.namesKinds ? [{key: 'kinds', title: 'Kind', show: String, about: 'What its blocks are, as the firmware names them', least: 3, value: row => this.places.kindNames(row.place)}] : []),
      ...each('bytes', 'Bytes', grouped, 'Asked for within the range shown'),
      ...each('count', 'Count', grouped, 'Allocations and resizes within the range shown'),
      ...each('live', 'Live', grouped, 'Bytes held at the cursor; at the end of a trace of samples estimated, else empty where it is not known'),
      ...whole('peak', 'At the peak', grouped, 'Bytes held when the heap was fullest', 2),
      ...(has('retained') ? whole('retained', 'Retained', grouped, 'Bytes that would go with its blocks, at the last snapshot of references') : []),
      ...whole('freed', 'Freed', grouped, 'Blocks that the program freed, over the whole trace'),
      ...whole('swept', 'Collected', grouped, 'Blocks that collections freed, over the whole trace'),
      ...whole('life', 'Mean life', duration, 'Of blocks that are gone', 2),
      ...whole('survived', 'Survived', n => n.toFixed(1), 'Collections that its blocks survived, on average'),
      ...whole('failed', 'Failed', grouped, 'Allocations that failed'),
    ];
  }

  later() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.measure(), 120);
  }

  measure() {
    const {view, places} = this, sums = view.traces.map(trace => {
      const {count, bytes} = sumsOfRange(view, trace, view.from, view.to);
      return {count: byPlace(trace, places, count), bytes: byPlace(trace, places, bytes)};
    });
    this.rows = places.place.map(place => ({
      place, count: sums.map(s => s.count[place.id]), bytes: sums.map(s => s.bytes[place.id]), live: sums.map(() => 0),
    }));
    this.measureLive();
  }

  measureLive() {
    if (!this.rows)
      return;
    this.view.traces.forEach((trace, i) => {
      const m = this.view.moment(trace), h = trace.history, last = m === h.moments - 1;
      if (m >= 0 && !h.isMapped(m)) { // what is there at the end may be estimated
        this.rows.forEach(row => row.live[i] = last && h.level(m) === 2 ? row.place.of.get(trace)?.live ?? 0 : null);
        return;
      }
      const live = byPlace(trace, this.places, liveAt(this.layouts[i].seek(m), trace.facts.sites.length));
      this.rows.forEach(row => row.live[i] = live[row.place.id]);
    });
    this.draw();
  }

  chosen() {
    const words = byId('filter').value.toLowerCase().split(/\s+/).filter(Boolean);
    const column = this.columns.find(c => c.key === this.sort) || this.columns.find(c => c.key.startsWith(this.sort)) || this.columns[0];
    this.sort = column.key;
    const text = row => (row.place.name + ' ' + this.places.kindNames(row.place)).toLowerCase();
    const order = (a, b) => typeof a === 'string' ? a.localeCompare(b) : (a ?? -Infinity) - (b ?? -Infinity);
    return this.rows.filter(row => words.every(word => text(row).includes(word)))
      .sort((a, b) => (this.down ? -1 : 1) * order(column.value(a), column.value(b)) || a.place.id - b.place.id);
  }

  draw() {
    if (!this.rows)
      return;
    const rows = this.chosen(), shown = this.all ? rows : rows.slice(0, ROWS_SHOWN);
    byId('rows').replaceChildren(`${grouped(shown.length)} of ${grouped(this.rows.length)} places `,
      shown.length < rows.length ? element('button', {onclick: () => { this.all = true; this.draw(); }}, 'Show all') : '');
    this.table.replaceChildren(
      element('thead', {}, element('tr', {}, ...this.columns.map(c => this.header(c)))),
      element('tbody', {}, ...shown.map(row => this.row(row))));
  }

  header(c) {
    const sorted = this.sort === c.key;
    const press = () => {
      this.down = sorted ? !this.down : c.show !== null;
      this.sort = c.key;
      this.draw();
      this.table.querySelector('th[aria-sort] button')?.focus();
    };
    return element('th', {title: c.about, 'aria-sort': sorted ? (this.down ? 'descending' : 'ascending') : null, class: this.classOf(c)},
      element('button', {onclick: press}, c.title + (sorted ? (this.down ? ' ▾' : ' ▴') : '')));
  }

  // Columns that narrow windows leave out, until all are asked for, have the class least2 or least3.
  classOf(c) {
    return [{name: 'name', kinds: 'text'}[c.key] ?? '', c.least ? 'least' + c.least : ''].join(' ').trim();
  }

  row(row) {
    const {view, places} = this, pinned = view.pin?.what === 'place' && view.pin.id === row.place.id;
    const cells = this.columns.slice(1).map(c => {
      const value = c.value(row);
      const shown = value === null || value === undefined ? '' : c.show(value);
      return element('td', {class: this.classOf(c), title: shown === value ? value : null}, c.key === 'kinds' ? fewer(shown) : shown);
    });
    const swatch = element('span', {class: 'swatch'});
    swatch.style.background = places.colourOfPlace(row.place.id);
    const name = element('button', {class: 'item', 'aria-pressed': String(pinned), onclick: () => view.setPin({what: 'place', id: row.place.id})}, swatch, placeLabel(row.place.name));
    return element('tr', {class: pinned ? 'pinned' : ''}, element('th', {scope: 'row', class: 'name'}, name), ...cells);
  }
}
