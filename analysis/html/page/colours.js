// SPDX-License-Identifier: MIT
// Colours that people with any kind of colour vision can tell apart (after M. Okabe and K. Ito), light and dark, and
// which place, kind or age has which. What is not among the heaviest is grey.

const dark = matchMedia('(prefers-color-scheme: dark)');

const HUES = {
  light: ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#7a5195', '#b5a300'],
  dark: ['#3d9bdc', '#f0b030', '#1fbf92', '#dd92bb', '#7cc9f5', '#f07830', '#a98bd0', '#e0d040'],
};
const OTHER = {light: '#9aa3ad', dark: '#78828e'};
// Paper is light.
const scheme = () => dark.matches && !document.documentElement.classList.contains('print') ? 'dark' : 'light';
const hues = () => HUES[scheme()];
const other = () => OTHER[scheme()];
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// Young to old; lightness alone tells them apart.
const AGES = ['#fde725', '#a6d84b', '#4fbf6f', '#2a9d8a', '#2f7a8e', '#3b578b', '#43317a', '#35124f'];

// '#rrggbb' mixed with another by `share`: [red, green, blue].
function mixed(colour, into, share) {
  const part = (c, at) => parseInt(c.slice(at, at + 2), 16);
  return [1, 3, 5].map(at => Math.round(part(colour, at) * (1 - share) + part(into, at) * share));
}

// The same as a pixel of an ImageData's 32-bit view.
function pixel(colour, into = colour, share = 0) {
  const [red, green, blue] = mixed(colour, into, share);
  return (255 << 24 | blue << 16 | green << 8 | red) >>> 0;
}

// Sites of all traces by place and by kind, with numbers that they share.
class Places {
  constructor(traces) {
    this.place = [];
    this.byName = new Map();
    this.kinds = [];
    for (const trace of traces)
      this.addTrace(trace);
    this.rank();
  }

  addTrace(trace) {
    const {facts} = trace, local = facts.places.map(p => this.number(p, trace, facts.places));
    trace.placeOf = facts.sites.map(s => s[0] < 0 ? -1 : local[s[0]]); // by site plus 1
    trace.kindOf = facts.sites.map(s => s[1]);
    this.kinds = facts.kinds.length > this.kinds.length ? facts.kinds : this.kinds;
    facts.sites.forEach((site, i) => {
      const place = this.place[trace.placeOf[i]];
      if (place && site[1] < facts.kinds.length)
        place.kinds.add(site[1]);
    });
  }

  number(p, trace) {
    const name = p.as ?? p.name; // of a second trace: as the first calls it
    let id = this.byName.get(name);
    if (id === undefined) {
      id = this.place.length;
      this.byName.set(name, id);
      this.place.push({id, name, file: p.file, line: p.line, kinds: new Set(), of: new Map()});
    }
    this.place[id].of.set(trace, p);
    return id;
  }

  // The heaviest have hues of their own: by what they held when the heap was fullest, and what they asked for.
  rank() {
    const weight = p => [...p.of.values()].reduce((sum, f) => sum + Math.max(f.peak, f.live) + f.bytes * 1e-3, 0);
    const ranked = [...this.place].sort((a, b) => weight(b) - weight(a));
    this.hueOfPlace = new Int16Array(this.place.length).fill(-1);
    ranked.slice(0, HUES.light.length).forEach((p, i) => this.hueOfPlace[p.id] = i);
    const kinds = this.kinds.map((_, k) => ranked.reduce((sum, p) => sum + (p.kinds.has(k) ? weight(p) : 0), 0));
    this.hueOfKind = new Int16Array(this.kinds.length + 1).fill(-1);
    kinds.map((w, k) => [w, k]).filter(([w]) => w).sort((a, b) => b[0] - a[0]).slice(0, HUES.light.length)
      .forEach(([, k], i) => this.hueOfKind[k] = i);
    this.namesKinds = this.kinds.some((name, k) => name !== 'other' && kinds[k]);
  }

  kindNames(place) {
    return [...place.kinds].map(k => this.kinds[k]).filter(name => this.namesKinds || name !== 'other').join(', ');
  }

  colourOfPlace(id) {
    return id >= 0 && this.hueOfPlace[id] >= 0 ? hues()[this.hueOfPlace[id]] : other();
  }

  colourOfKind(kind) {
    return this.hueOfKind[kind] >= 0 ? hues()[this.hueOfKind[kind]] : other();
  }
}
