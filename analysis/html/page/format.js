// SPDX-License-Identifier: MIT
// Numbers for people, and elements. Whatever comes from a trace becomes text, never markup.

const grouped = n => Math.round(n).toLocaleString('en-US');

// Short: in K or M where that is exact or the number long.
function bytes(n) {
  const unit = [[1048576, ' M'], [1024, ' K']].find(([size]) => n && (n % size === 0 || Math.abs(n) >= 100 * size));
  return unit ? grouped(n / unit[0]) + unit[1] : grouped(n);
}

function signed(n) {
  return (n > 0 ? '+' : n < 0 ? '−' : '') + grouped(Math.abs(n));
}

const percent = share => (100 * share).toFixed(1) + ' %';

// Seconds with a unit, to `digits` places of it.
function duration(s, digits = 3) {
  const a = Math.abs(s);
  if (a >= 1 || a === 0)
    return s.toFixed(a ? digits : 0) + ' s';
  return a >= 1e-3 ? (s * 1e3).toFixed(digits) + ' ms' : (s * 1e6).toFixed(Math.min(digits, 1)) + ' µs';
}

const hex = n => '0x' + n.toString(16);

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'class')
      node.className = value;
    else if (key.startsWith('on'))
      node.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false)
      node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
}

// A name of a place: where there is no room for it, the front of its path goes, not the line.
const placeLabel = name => element('span', {class: 'path', title: name}, element('bdi', {}, name));

// The same in a number of characters.
function shortened(name, most) {
  const tail = name.slice(-most + 1), slash = tail.indexOf('/');
  return name.length <= most || !name.includes('/') ? name : '…' + (slash >= 0 ? tail.slice(slash) : tail);
}

const byId = id => document.getElementById(id);
