// Elements and figures, for the scripts that stand behind this one.
const root = document.documentElement;

function element(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

function color(name) {
  return getComputedStyle(root).getPropertyValue(name).trim();
}

// ---------------------------------------------------------------- figures

function digits(value, most) {
  const size = Math.abs(value);
  const after = size >= 100 ? 0 : size >= 10 ? 1 : 2;
  return Number(value.toFixed(Math.min(after, most))).toLocaleString('en');
}

function scaled(value, base, units) {
  let step = 0;
  while (Math.abs(value) >= base * 0.9995 && step < units.length - 1) {
    value /= base;
    ++step;
  }
  return digits(value, 2) + (units[step] ? ' ' + units[step] : '');
}

const kBytes = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
const kCounts = ['', 'k', 'M', 'G'];

function duration(seconds) {
  if (seconds === 0) return '0';
  for (const [unit, size] of [['s', 1], ['ms', 1e-3], ['us', 1e-6]]) {
    if (Math.abs(seconds) >= size) return digits(seconds / size, 2) + ' ' + unit;
  }
  return digits(seconds * 1e9, 0) + ' ns';
}

function figure(value, unit) {
  switch (unit) {
    case 'bytes': return scaled(value, 1024, kBytes);
    case 'bytes_per_second': return scaled(value, 1024, kBytes) + '/s';
    case 'per_second': return scaled(value, 1000, kCounts).replace(' ', '') + '/s';
    case 'seconds': return duration(value);
    case 'ratio': return digits(value * 100, 1) + ' %';
    case 'cores': return digits(value, 2);
    default: return scaled(value, 1000, kCounts).replace(' ', '');
  }
}
