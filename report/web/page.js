// Draws the timelines: one cursor, one zoom and one set of colours for all
// charts. Names reach the page as text nodes only.
const source = document.getElementById('data');
const model = source ? JSON.parse(source.textContent) : null;
const charts = [];
const view = {from: 0, to: 1, row: -1};

// Since the begin: "42 s", "3:05", "1:02:03".
function elapsed(seconds, whole) {
  const total = Math.max(0, whole ? Math.round(seconds) : seconds);
  const pad = (n) => String(Math.floor(n)).padStart(2, '0');
  if (total < 60) return digits(total, 1) + ' s';
  const minutes = Math.floor(total / 60);
  if (total < 3600) return minutes + ':' + pad(total % 60);
  return Math.floor(minutes / 60) + ':' + pad(minutes % 60) + ':' +
      pad(total % 60);
}

const kTimeSteps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900,
  1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800];

function timeTicks(from, to, pixels) {
  const most = Math.max(2, pixels / 80);
  const step = kTimeSteps.find((s) => (to - from) / s <= most) || 2592000;
  const ticks = [];
  for (let v = Math.ceil(from / step) * step; v <= to; v += step) {
    ticks.push({v, label: elapsed(v, step >= 1)});
  }
  return ticks;
}

function valueTicks(unit) {
  const binary = unit === 'bytes' || unit === 'bytes_per_second';
  return (from, to, pixels) => {
    const raw = (to - from) / Math.max(2, pixels / 34);
    if (!(raw > 0)) return [{v: from, label: figure(from, unit)}];
    let step = Math.pow(2, Math.ceil(Math.log2(raw)));
    if (!binary) {
      const power = Math.pow(10, Math.floor(Math.log10(raw)));
      step = power * [1, 2, 5, 10].find((f) => f * power >= raw * 0.9999);
    }
    const ticks = [];
    for (let v = Math.ceil(from / step) * step; v <= to; v += step) {
      ticks.push({v, label: figure(v, unit)});
    }
    return ticks;
  };
}

// ----------------------------------------------------------------- phases

const kBands = {load: '--band-load', steady: '--band-load',
  ramp: '--band-warm', warmup: '--band-warm', custom: '--band-other'};

// The innermost phase at a time.
function phaseAt(time) {
  let found = null;
  for (const phase of model.phases) {
    const holds = phase.begin <= time && time < phase.end;
    if (holds && (!found || phase.depth >= found.depth)) found = phase;
  }
  return found;
}

function drawBands(context, area, graph) {
  const x = (time) => Math.min(Math.max(graph.toDomXCoord(time), area.x),
                               area.x + area.w);
  for (const phase of model.phases) {
    const left = x(phase.begin), right = x(phase.end);
    if (right <= left) continue;
    context.fillStyle = color(kBands[phase.kind] || '--band-rest');
    context.fillRect(left, area.y, right - left, area.h);
  }
  context.strokeStyle = color('--warn');
  context.setLineDash([2, 3]);
  for (const mark of model.marks) {
    const at = x(mark.at);
    if (at <= area.x || at >= area.x + area.w) continue;
    context.beginPath();
    context.moveTo(at + 0.5, area.y);
    context.lineTo(at + 0.5, area.y + area.h);
    context.stroke();
  }
  context.setLineDash([]);
}

function drawLimits(context, area, graph, chart) {
  context.strokeStyle = color('--bad');
  context.setLineDash([6, 4]);
  for (const limit of chart.limits) {
    const y = graph.toDomYCoord(limit.value);
    if (!(y > area.y && y < area.y + area.h)) continue;
    context.beginPath();
    context.moveTo(area.x, y);
    context.lineTo(area.x + area.w, y);
    context.stroke();
  }
  context.setLineDash([]);
}

// ----------------------------------------------------------------- series

// A role has one colour in all charts; the busiest roles choose first. Other
// series are coloured by their place.
const kByRole = ['cpu', 'memory', 'heap', 'fds', 'threads', 'read', 'write',
  'faults', 'run_delay'];
const palette = new Map();
function colorOf(chart, place) {
  const name = chart.series[place].name;
  if (name === 'everything else' || name === 'other watched') return '--other';
  if (!kByRole.includes(chart.id)) return '--s' + place % 8;
  if (!palette.has(name)) palette.set(name, '--s' + palette.size % 8);
  return palette.get(name);
}
function chooseColors() {
  for (const chart of model.timeline.charts) {
    if (kByRole.includes(chart.id)) chart.series.forEach((_, s) => colorOf(chart, s));
  }
}

function rowsOf(chart) {
  const {columns, column_ns} = model.timeline;
  const rows = [];
  for (let i = 0; i < columns; ++i) {
    const row = [(i + 0.5) * column_ns / 1e9];
    for (const series of chart.series) {
      const mean = series.mean[i];
      row.push(mean === null ? [null, null, null] :
        series.min ? [series.min[i], mean, series.max[i]] : [mean, mean, mean]);
    }
    rows.push(row);
  }
  return rows;
}

// From zero to a little above what is seen now, limits that are near too.
function valueRange(one) {
  let top = 0, bottom = 0;
  const {columns, column_ns} = model.timeline;
  const first = Math.max(0, Math.floor(view.from * 1e9 / column_ns));
  const last = Math.min(columns - 1, Math.ceil(view.to * 1e9 / column_ns));
  one.chart.series.forEach((series, s) => {
    if (!one.shown[s]) return;
    for (let i = first; i <= last; ++i) {
      const high = (series.max || series.mean)[i];
      const low = (series.min || series.mean)[i];
      if (high !== null) top = Math.max(top, high);
      if (low !== null) bottom = Math.min(bottom, low);
    }
  });
  for (const limit of one.chart.limits) {
    if (limit.value < top * 2) top = Math.max(top, limit.value);
  }
  if (top === bottom) top = bottom + 1;
  return [bottom * 1.06, top * 1.06];
}

// ----------------------------------------------------------------- legend

function legendText(one, series, row) {
  if (row < 0 || series.mean[row] === null) return '';
  const unit = one.chart.unit;
  const mean = figure(series.mean[row], unit);
  if (!series.min || series.min[row] === series.max[row]) return mean;
  return mean + ' (' + figure(series.min[row], unit) + '–' +
      figure(series.max[row], unit) + ')';
}

function updateLegends() {
  for (const one of charts) {
    one.chart.series.forEach((series, s) => {
      one.values[s].textContent = legendText(one, series, view.row);
    });
  }
}

function makeLegend(one) {
  const long = one.chart.series.length > 3;
  const legend = element('div', {class: long ? 'legend long' : 'legend'});
  one.chart.series.forEach((series, s) => {
    const swatch = element('i');
    swatch.style.color = 'var(' + colorOf(one.chart, s) + ')';
    const value = element('b');
    one.values.push(value);
    const button = element('button', {type: 'button', 'aria-pressed': 'true'},
                           swatch, series.name + ' ', value);
    button.addEventListener('click', () => {
      one.shown[s] = !one.shown[s];
      button.setAttribute('aria-pressed', String(one.shown[s]));
      one.graph.setVisibility(s, one.shown[s]);
      one.graph.updateOptions({valueRange: valueRange(one)});
    });
    legend.append(button);
  });
  const rest = [];
  for (const limit of one.chart.limits) {
    rest.push(limit.name + ' ' + figure(limit.value, one.chart.unit));
  }
  if (one.chart.left_out) rest.push(one.chart.left_out + ' more have less');
  if (rest.length) legend.append(element('span', {class: 'quiet'}, rest.join(' · ')));
  return legend;
}

// ---------------------------------------------------------- cursor, zoom

const readout = document.getElementById('readout');
const zoomOut = document.getElementById('zoom-out');
let length = 1;

function showCursor(row) {
  if (row === view.row) return;
  view.row = row;
  updateLegends();
  const time = (row + 0.5) * (model ? model.timeline.column_ns / 1e9 : 1);
  for (const one of charts) {
    if (row < 0) {
      one.hair.style.display = 'none';
      one.graph.clearSelection();
    } else {
      const x = one.graph.toDomXCoord(time);
      one.hair.style.display = time >= view.from && time <= view.to ? 'block' : 'none';
      one.hair.style.left = x + 'px';
      one.graph.setSelection(row);
    }
  }
  if (row < 0) {
    readout.textContent = '';
    return;
  }
  const phase = phaseAt(time);
  const wall = new Date(model.timeline.begin_ns / 1e6 + time * 1e3);
  const near = model.marks.find(
      (mark) => Math.abs(mark.at - time) < (view.to - view.from) / 150);
  readout.textContent = elapsed(time, true) + ' · ' +
      wall.toISOString().slice(11, 19) + ' UTC' +
      (phase ? ' · ' + phase.label : '') + (near ? ' · ' + near.text : '');
}

function zoomTo(from, to) {
  const least = 2 * model.timeline.column_ns / 1e9;
  from = Math.max(0, from);
  to = Math.min(length, to);
  if (to - from < least) {
    const middle = (from + to) / 2;
    from = Math.max(0, middle - least / 2);
    to = Math.min(length, from + least);
  }
  view.from = from;
  view.to = to;
  zoomOut.disabled = from <= 0 && to >= length;
  for (const one of charts) {
    one.graph.updateOptions(
        {dateWindow: [from, to], valueRange: valueRange(one)});
  }
  placeStrip();
  const row = view.row;
  view.row = -2;
  showCursor(row);
}

function onKey(event) {
  const width = view.to - view.from;
  const column = model.timeline.column_ns / 1e9;
  const time = view.row < 0 ? (view.from + view.to) / 2 : (view.row + 0.5) * column;
  const move = (columns) => {
    const row = Math.floor(time / column) + columns;
    const kept = Math.min(Math.max(row, 0), model.timeline.columns - 1);
    const at = (kept + 0.5) * column;
    if (at < view.from) zoomTo(at, at + width);
    if (at > view.to) zoomTo(at - width, at);
    showCursor(kept);
  };
  const phase = (step) => {
    const starts = model.phases.map((p) => p.begin).sort((a, b) => a - b);
    const next = step > 0 ? starts.find((s) => s > time + column)
                          : starts.filter((s) => s < time - column).pop();
    if (next !== undefined) move(Math.round((next - time) / column) + 1);
  };
  const keys = {
    ArrowLeft: () => move(event.shiftKey ? -10 : -1),
    ArrowRight: () => move(event.shiftKey ? 10 : 1),
    '+': () => zoomTo(time - width / 4, time + width / 4),
    '=': () => zoomTo(time - width / 4, time + width / 4),
    '-': () => zoomTo(time - width, time + width),
    '[': () => phase(-1),
    ']': () => phase(1),
    Escape: () => zoomTo(0, length),
  };
  const action = keys[event.key];
  if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  action();
}

function addBrush(one) {
  const plot = one.plot;
  let start = null;
  const at = (event) => {
    const x = event.clientX - plot.getBoundingClientRect().left;
    const area = one.graph.getArea();
    return Math.min(Math.max(x, area.x), area.x + area.w);
  };
  const stop = () => {
    start = null;
    one.brush.style.display = 'none';
  };
  plot.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || event.pointerType === 'touch') return;
    start = at(event);
    plot.setPointerCapture(event.pointerId);
    plot.focus({preventScroll: true});
    event.preventDefault();
  });
  plot.addEventListener('pointermove', (event) => {
    if (start === null) {
      const time = one.graph.toDataXCoord(at(event));
      const row = Math.floor(time * 1e9 / model.timeline.column_ns);
      showCursor(Math.min(Math.max(row, 0), model.timeline.columns - 1));
      return;
    }
    const now = at(event);
    one.brush.style.display = 'block';
    one.brush.style.left = Math.min(start, now) + 'px';
    one.brush.style.width = Math.abs(now - start) + 'px';
  });
  plot.addEventListener('pointerup', (event) => {
    if (start === null) return;
    const end = at(event), begin = start;
    stop();
    if (Math.abs(end - begin) < 5) return;
    zoomTo(one.graph.toDataXCoord(Math.min(begin, end)),
           one.graph.toDataXCoord(Math.max(begin, end)));
  });
  plot.addEventListener('pointercancel', stop);
  plot.addEventListener('pointerleave', () => {
    if (start === null && document.activeElement !== plot) showCursor(-1);
  });
  plot.addEventListener('dblclick', () => zoomTo(0, length));
  plot.addEventListener('keydown', onKey);
}

// ----------------------------------------------------------------- charts

// The page has legends of its own; the library's measures text by an inline
// style, which the page's policy forbids.
if (model) {
  Dygraph.PLUGINS =
      Dygraph.PLUGINS.filter((plugin) => plugin !== Dygraph.Plugins.Legend);
}

const kAxisWidth = 64;

function makeGraph(one) {
  const names = one.chart.series.map((_, s) => 's' + s);
  one.graph = new Dygraph(one.canvas, rowsOf(one.chart), {
    labels: ['t', ...names],
    colors: one.chart.series.map((_, s) => color(colorOf(one.chart, s))),
    customBars: true,
    fillAlpha: 0.18,
    strokeWidth: 1.4,
    legend: 'never',
    showLabelsOnHighlight: false,
    highlightCircleSize: 2.5,
    connectSeparatedPoints: false,
    interactionModel: {},
    dateWindow: [view.from, view.to],
    valueRange: valueRange(one),
    gridLineColor: color('--line'),
    axisLineColor: color('--line'),
    gridLineWidth: 1,
    axisLabelFontSize: 11,
    axes: {
      x: {ticker: (a, b, pixels) => timeTicks(a, b, pixels), drawGrid: false,
          axisLabelWidth: 70},
      y: {ticker: valueTicks(one.chart.unit), axisLabelWidth: kAxisWidth},
    },
    underlayCallback: (context, area, graph) => {
      drawBands(context, area, graph);
      drawLimits(context, area, graph, one.chart);
    },
  });
}

function describe(chart) {
  const parts = chart.series.map((series) => {
    const values = (series.max || series.mean).filter((v) => v !== null);
    const most = values.length ? Math.max(...values) : 0;
    return series.name + ' at most ' + figure(most, chart.unit);
  });
  return chart.title + ' over time: ' + parts.join(', ');
}

function makeChart(chart) {
  const canvas = element('div', {class: 'canvas'});
  const hair = element('div', {class: 'hair'});
  const brush = element('div', {class: 'brush'});
  const plot = element('div', {class: 'plot', tabindex: '0', role: 'img',
    'aria-label': describe(chart), 'aria-describedby': 'chart-help'},
    canvas, hair, brush);
  const one = {chart, canvas, hair, brush, plot, values: [],
    shown: chart.series.map(() => true)};
  const heading = element('h3', {}, chart.title);
  const box = element('div', {class: 'chart', 'data-chart': chart.id}, heading,
                      makeLegend(one), plot);
  document.getElementById('charts').append(box);
  makeGraph(one);
  charts.push(one);
  addBrush(one);
}

function isStill(chart) {
  return chart.series.every((series) =>
    (series.max || series.mean).every((v) => v === null || v === 0));
}

// ------------------------------------------------------------ phase strip

const strip = document.getElementById('strip');
const segments = [];

function placeStrip() {
  if (!charts.length) return;
  const area = charts[0].graph.getArea();
  const width = strip.clientWidth;
  const scale = width / (view.to - view.from);
  for (const {phase, button} of segments) {
    const left = Math.max(0, (phase.begin - view.from) * scale);
    const right = Math.min(width, (phase.end - view.from) * scale);
    button.style.display = right - left < 1 ? 'none' : 'block';
    button.style.left = left + 'px';
    button.style.width = Math.max(right - left, 1) + 'px';
    button.textContent = right - left > 26 ? phase.label : '';
  }
}

// One level of phases, the one with the most of them; 300 buttons at most.
function makeStrip() {
  const depths = {};
  for (const phase of model.phases) {
    depths[phase.depth] = (depths[phase.depth] || 0) + 1;
  }
  const depth = Number(Object.keys(depths).sort(
      (a, b) => depths[b] - depths[a] || a - b)[0]);
  const shown = model.phases.filter((phase) => phase.depth === depth);
  for (const phase of shown.slice(0, 300)) {
    const text = phase.label + ', ' + phase.kind + ', ' +
        elapsed(phase.begin, true) + ' to ' + elapsed(phase.end, true) +
        (phase.ended ? '' : ', aborted');
    const button = element('button', {type: 'button', class: phase.kind,
                                      title: text, 'aria-label': 'Zoom to ' + text});
    button.addEventListener('click', () => {
      const margin = (phase.end - phase.begin) * 0.05;
      zoomTo(phase.begin - margin, phase.end + margin);
    });
    strip.append(button);
    segments.push({phase, button});
  }
  strip.hidden = segments.length === 0;
}

// ---------------------------------------------------- theme, size, print

function redraw() {
  for (const one of charts) {
    one.graph.updateOptions({
      colors: one.chart.series.map((_, s) => color(colorOf(one.chart, s))),
      gridLineColor: color('--line'),
      axisLineColor: color('--line'),
    });
  }
}

function isDark() {
  const chosen = root.getAttribute('data-theme');
  if (chosen) return chosen === 'dark';
  return matchMedia('(prefers-color-scheme: dark)').matches;
}

document.getElementById('theme').addEventListener('click', () => {
  root.setAttribute('data-theme', isDark() ? 'light' : 'dark');
  redraw();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);

function resize() {
  for (const one of charts) {
    one.graph.resize(one.plot.clientWidth, one.plot.clientHeight);
  }
  placeStrip();
}

// On paper: light, and the charts made as small as the page needs. They keep
// their size in pixels: a canvas resized now would be printed blank.
const kPaperWidth = 700;
let before = null;
function toPaper() {
  const box = document.getElementById('charts');
  before = {theme: root.getAttribute('data-theme')};
  root.setAttribute('data-theme', 'light');
  if (box && charts.length) {
    const columns = getComputedStyle(box).gridTemplateColumns;
    box.style.width = box.clientWidth + 'px';
    box.style.gridTemplateColumns = columns;
    box.style.zoom = Math.min(1, kPaperWidth / box.clientWidth);
  }
  redraw();
}
function fromPaper() {
  if (!before) return;
  const box = document.getElementById('charts');
  if (before.theme) root.setAttribute('data-theme', before.theme);
  else root.removeAttribute('data-theme');
  if (box) {
    for (const name of ['width', 'zoom', 'gridTemplateColumns']) {
      box.style[name] = '';
    }
  }
  before = null;
  redraw();
}
addEventListener('beforeprint', toPaper);
addEventListener('afterprint', fromPaper);

if (model && model.timeline) {
  length = model.timeline.columns * model.timeline.column_ns / 1e9;
  view.to = length;
  const still = [];
  chooseColors();
  for (const chart of model.timeline.charts) {
    if (isStill(chart)) still.push(chart.title);
    else makeChart(chart);
  }
  if (still.length) {
    document.getElementById('charts').after(element('p', {class: 'still'},
      'Zero all the time, so not drawn: ' + still.join(', ') + '.'));
  }
  makeStrip();
  placeStrip();
  zoomOut.addEventListener('click', () => zoomTo(0, length));
  let waiting = 0;
  addEventListener('resize', () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(resize);
  });
}
root.setAttribute('data-ready', 'true');
