// The flame graph: outermost function on top, as wide as its part; of one
// phase, or of the difference between two.
const stacks = document.getElementById('stacks');
if (stacks) drawFlames(JSON.parse(stacks.textContent));

function flameTree(profile, model, phase, against) {
  const top = {name: 'all', value: 0, other: 0, children: new Map()};
  for (const [born, value, frames] of profile.rows) {
    const isShown = phase < 0 || born === phase;
    const isOther = against >= 0 && born === against;
    if (!isShown && !isOther) continue;
    let node = top;
    for (const frame of [null, ...frames]) {
      if (frame !== null) {
        let child = node.children.get(frame);
        if (!child) {
          child = {name: model.names[frame], value: 0, other: 0,
            children: new Map(), parent: node};
          node.children.set(frame, child);
        }
        node = child;
      }
      if (isShown) node.value += value;
      if (isOther) node.other += value;
    }
  }
  return top;
}

// What shares a function is found by the page's own text search too: only the
// label of a box is cut, by the box.
function drawFlames(model) {
  const graph = document.getElementById('flame');
  const tools = document.getElementById('flame-tools');
  const kRow = 21;
  const shown = {top: null, root: null, focus: null, boxes: new Map()};

  const select = (label, options) => {
    const list = element('select', {});
    options.forEach(([value, text]) => {
      list.append(element('option', {value}, text));
    });
    list.addEventListener('change', rebuild);
    tools.append(element('label', {}, label + ' ', list));
    return list;
  };
  const profile = select('Show', model.profiles.map((one, i) => [i, one.title]));
  const phases = model.phases.map((name, i) => [i, name]);
  const phase = select('born in', [[-1, 'any phase'], ...phases]);
  const against = select('against', [[-1, 'nothing'], ...phases]);
  const search = element('input', {type: 'search', placeholder: 'function',
    'aria-label': 'Search for a function'});
  search.addEventListener('input', mark);
  const all = element('button', {type: 'button'}, 'Show all');
  all.addEventListener('click', () => look(shown.top));
  const told = element('output', {'aria-live': 'polite'});
  tools.append(search, all, told);

  const unit = () => model.profiles[profile.value].unit;
  const part = (value, whole) => whole > 0 ? value / whole : 0;

  // More of it than in the other phase, as a share of the whole: -1..1.
  function change(node) {
    return part(node.value, shown.top.value) - part(node.other, shown.top.other);
  }

  function describe(node) {
    const text = node.name + ', ' + figure(node.value, unit()) + ', ' +
        figure(part(node.value, shown.top.value), 'ratio');
    if (against.value < 0) return text;
    return text + '; ' + figure(node.other, unit()) + ' in ' +
        model.phases[against.value];
  }

  function box(node, depth, left, width) {
    const button = element('button', {type: 'button', tabindex: '-1',
      title: describe(node), 'aria-label': describe(node)});
    if (width > 0.02) button.textContent = node.name;
    button.style.left = left * 100 + '%';
    button.style.width = width * 100 + '%';
    button.style.top = depth * kRow + 'px';
    if (against.value >= 0) {
      const more = change(node);
      const strength = Math.min(60, Math.round(Math.abs(more) * 120));
      button.style.background = 'color-mix(in srgb, var(' +
          (more > 0 ? '--bad' : '--s0') + ') ' + strength + '%, var(--card))';
    } else {
      button.className = 'tint' + node.name.length % 4;
    }
    button.addEventListener('click', () => look(node));
    button.addEventListener('focus', () => { shown.focus = node; });
    shown.boxes.set(node, button);
    return button;
  }

  function place(node, depth, left, width) {
    graph.append(box(node, depth, left, width));
    let deepest = depth;
    const children = [...node.children.values()].sort(
        (a, b) => b.value - a.value);
    for (const child of children) {
      const part = width * child.value / node.value;
      if (part < 0.002) continue;
      deepest = Math.max(deepest, place(child, depth + 1, left, part));
      left += part;
    }
    return deepest;
  }

  function look(node, keepFocus) {
    shown.root = node;
    shown.boxes.clear();
    graph.replaceChildren();
    const path = [];
    for (let at = node.parent; at; at = at.parent) path.unshift(at);
    path.forEach((one, depth) => graph.append(box(one, depth, 0, 1)));
    const deepest = node.value > 0 ? place(node, path.length, 0, 1) : 0;
    graph.style.height = (deepest + 1) * kRow + 'px';
    all.disabled = node === shown.top;
    const first = shown.boxes.get(node);
    if (first) first.tabIndex = 0;
    if (first && keepFocus !== false) first.focus({preventScroll: true});
    mark();
  }

  function mark() {
    const words = search.value.trim().toLowerCase();
    let found = 0;
    const count = (node, isInside) => {
      const hit = words !== '' && node.name.toLowerCase().includes(words);
      if (hit && !isInside) found += node.value;
      const button = shown.boxes.get(node);
      if (button) button.classList.toggle('hit', hit);
      for (const child of node.children.values()) count(child, isInside || hit);
    };
    count(shown.top, false);
    const one = model.profiles[profile.value];
    const whole = shown.top.value;
    told.textContent = words !== '' ?
      'found ' + figure(found, one.unit) + ', ' +
          figure(part(found, whole), 'ratio') :
      figure(whole, one.unit) + (one.left_out ?
        ', ' + one.left_out + ' smaller stacks are left out' : '');
  }

  function rebuild() {
    shown.top = flameTree(model.profiles[profile.value], model,
                          Number(phase.value), Number(against.value));
    look(shown.top, false);
  }

  function step(node, key) {
    const boxes = [...node.children.values()].filter((c) => shown.boxes.has(c))
        .sort((a, b) => b.value - a.value);
    if (key === 'ArrowDown') return boxes[0];
    if (key === 'ArrowUp') return node.parent;
    if (!node.parent) return undefined;
    const peers = [...node.parent.children.values()]
        .filter((c) => shown.boxes.has(c)).sort((a, b) => b.value - a.value);
    return peers[peers.indexOf(node) + (key === 'ArrowRight' ? 1 : -1)];
  }

  graph.setAttribute('role', 'group');
  graph.setAttribute('aria-label', 'Flame graph');
  graph.setAttribute('aria-describedby', 'flame-help');
  graph.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') look(shown.top);
    if (!event.key.startsWith('Arrow') || !shown.focus) return;
    event.preventDefault();
    const next = shown.boxes.get(step(shown.focus, event.key));
    if (!next) return;
    for (const button of shown.boxes.values()) button.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  rebuild();
}

