// The script of a study's page: one section for each figure, the codes' changes, and the table's order.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const conditions = data.conditions;
const nats = (value) => value.toFixed(4);

// ---- how conditions are drawn: colour by the place of the transition, dashes by what else is done there
const distinct = (values) => [...new Set(values)];
const places = conditions.filter((c) => c.transition !== null).map((c) => c.place);
const kinds = distinct(conditions.filter((c) => c.transition !== null).map((c) => JSON.stringify(c.kind)));
const schedules = distinct(conditions.map((c) => c.kind[3]));
const dashes = [[], [7, 4], [2, 3], [9, 3, 2, 3], [13, 4], [13, 3, 2, 3, 2, 3]];

function ramp(place) {
  const first = Math.min(...places), last = Math.max(...places);
  const at = last > first ? 3 * (place - first) / (last - first) : 0;
  const from = Math.min(Math.floor(at), 2);
  const parts = (index) => [1, 3, 5].map((i) => parseInt(colour("--ramp-" + index).slice(i, i + 2), 16));
  const [a, b] = [parts(from), parts(from + 1)];
  return "rgb(" + a.map((value, i) => Math.round(value + (b[i] - value) * (at - from))).join(", ") + ")";
}

function look(condition) {
  if (condition.transition !== null) {
    const kind = kinds.indexOf(JSON.stringify(condition.kind));
    return { colour: ramp(condition.place), dash: dashes[kind % dashes.length] };
  }
  const dash = dashes[schedules.indexOf(condition.kind[3]) % dashes.length];
  return { colour: colour(condition.always_16_bit ? "--always-16" : "--always-158"), dash };
}

function faded(rgb) {
  return Chart.helpers.color(rgb).alpha(0.28).rgbString();
}

function lineOf(index, points, more) {
  const { colour, dash } = look(conditions[index]);
  return {
    label: conditions[index].name, index, data: points, borderColor: colour, backgroundColor: colour, borderDash: dash,
    borderWidth: conditions[index].transition === null ? 2.2 : 1.8, pointRadius: 0, pointHitRadius: 6, ...more,
  };
}

// ---- parts of the page
function element(name, parent, attributes = {}, text = "") {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  parent.append(made);
  return made;
}

function checkbox(parent, text, checked, changed) {
  const label = element("label", parent);
  const input = element("input", label, { type: "checkbox" });
  label.append(" " + text);
  input.checked = checked;
  input.addEventListener("change", changed);
  return input;
}

function chartBox(parent, size, label) {
  return element("canvas", element("div", parent, { class: "chart " + size }), { role: "img", "aria-label": label });
}

// A button for each entry {key, text, colour, dash}, which hides and shows it in all charts of the section.
function legend(list, entries, hidden, redraw) {
  list.replaceChildren();
  for (const entry of entries) {
    const button = element("button", element("li", list), { type: "button", "aria-pressed": !hidden.has(entry.key) });
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    const stroke = document.createElementNS(space, "line");
    const set = (node, values) => Object.entries(values).forEach(([key, value]) => node.setAttribute(key, value));
    set(svg, { width: 34, height: 8, "aria-hidden": "true" });
    set(stroke, { x1: 0, x2: 34, y1: 4, y2: 4, stroke: entry.colour, "stroke-width": 2.4 });
    stroke.setAttribute("stroke-dasharray", entry.dash.join(" "));
    svg.append(stroke);
    button.append(svg, entry.text);
    button.addEventListener("click", () => {
      if (!hidden.delete(entry.key)) hidden.add(entry.key);
      button.setAttribute("aria-pressed", !hidden.has(entry.key));
      redraw();
    });
  }
}

const named = (index) => conditions[index].name +
  (conditions[index].complete ? "" : " (" + conditions[index].seeds + ")");
const entriesOf = (indices) => indices.map((key) => ({ key, text: named(key), ...look(conditions[key]) }));

function make(canvas, config) {
  const chart = new Chart(canvas, config);
  charts.push(chart);
  return chart;
}

function showOnly(chart, hidden) {
  for (const dataset of chart.data.datasets) dataset.hidden = hidden.has(dataset.index);
  chart.update();
}

function overSteps(title, format, more) {
  const x = axis(title, format, { type: "linear", ...more });
  x.ticks = { callback: format, maxRotation: 0, autoSkipPadding: 16, includeBounds: false };
  x.grid = { display: false };
  return x;
}

function lineOptions(scales, title, label) {
  return {
    parsing: false, normalized: true, scales,
    interaction: { mode: "nearest", axis: "x", intersect: false },
    plugins: {
      legend: { display: false },
      tooltip: {
        filter: (item) => !item.dataset.unnamed,
        callbacks: { title: (items) => (items.length ? title(items[0]) : ""), label },
      },
    },
  };
}

// ---- curves: the training loss, and beneath it the surroundings of the transitions
const zero = {
  id: "zero",
  beforeDatasetsDraw({ ctx, chartArea: area, scales: { x, y } }) {
    ctx.save();
    ctx.strokeStyle = colour("--mark");
    ctx.setLineDash([5, 4]);
    ctx.beginPath();
    ctx.moveTo(x.getPixelForValue(0), area.top);
    ctx.lineTo(x.getPixelForValue(0), area.bottom);
    ctx.moveTo(area.left, y.getPixelForValue(0));
    ctx.lineTo(area.right, y.getPixelForValue(0));
    ctx.stroke();
    ctx.restore();
  },
};

function curvesFigure(figure, parent) {
  const section = element("section", parent);
  element("h2", section, {}, figure.title);
  const shown = figure.conditions.filter((index) => conditions[index].curve !== null);
  const missing = figure.conditions.filter((index) => conditions[index].curve === null).map((i) => conditions[i].name);
  element("p", section, {}, "Training loss in nats, smoothed, mean over seeds; a dot marks the transition." +
    (missing.length === 0 ? "" : " Not begun: " + missing.join("; ") + "."));
  if (shown.length === 0) return { draw() {} };
  const controls = element("p", section, { class: "controls" });
  const redraw = () => drawAll();
  const later = checkbox(controls, "Scale to the later steps", true, redraw);
  const each = checkbox(controls, "Each step", false, redraw);
  const canvas = chartBox(section, "", "Training loss over steps by condition");
  const list = element("ul", section, { class: "legend" });
  const near = shown.filter((index) => conditions[index].near.length > 0);
  let nearCanvas = null;
  if (near.length > 0) {
    element("h3", section, {}, "Around the transition");
    element("p", section, {}, "Training loss at each step, not smoothed, minus its mean over the " + data.near_before +
      " steps before the transition.");
    nearCanvas = chartBox(section, "small", "Training loss around the transition by condition");
  }
  const hidden = new Set();

  function scale() {
    if (!later.checked) return {};
    const values = shown.filter((index) => !hidden.has(index)).flatMap((index) => {
      const { step, smooth_loss } = conditions[index].curve;
      return smooth_loss.filter((value, i) => value !== null && step[i] >= conditions[index].steps / 10);
    });
    if (values.length < 2) return {};
    const low = Math.min(...values), high = Math.max(...values);
    return { min: low - 0.08 * (high - low), max: high + 0.08 * (high - low) };
  }

  function drawLoss() {
    const datasets = [];
    for (const index of shown) {
      const { step, loss, smooth_loss } = conditions[index].curve;
      const at = step.indexOf(conditions[index].transition);
      datasets.push(lineOf(index, points(step, smooth_loss), {
        pointRadius: ({ dataIndex }) => (dataIndex === at ? 4 : 0), clip: { left: 4, right: 4, top: 0, bottom: 0 },
      }));
      if (!each.checked) continue;
      const pale = faded(look(conditions[index]).colour);
      datasets.push(lineOf(index, points(step, loss), {
        unnamed: true, borderWidth: 1, borderDash: [], borderColor: pale, order: 9, pointHitRadius: 0,
      }));
    }
    for (const dataset of datasets) dataset.hidden = hidden.has(dataset.index);
    const most = Math.max(...shown.map((index) => conditions[index].steps));
    const scales = {
      x: overSteps("step", count, { min: 0, max: most }),
      y: axis("loss (nats)", (value) => +value.toFixed(3), scale()),
    };
    return make(canvas, {
      type: "line", data: { datasets },
      options: lineOptions(scales, (item) => "step " + count(item.parsed.x),
                           (item) => item.dataset.label + ": " + nats(item.parsed.y)),
    });
  }

  function drawNear() {
    const datasets = near.map((index) => lineOf(
      index, conditions[index].near.map((y, i) => ({ x: i - data.near_before, y })), { borderWidth: 1.3 }));
    for (const dataset of datasets) dataset.hidden = hidden.has(dataset.index);
    const signed = (value) => (value > 0 ? "+" : "") + value;
    const scales = {
      x: overSteps("steps from the transition", signed, { min: -data.near_before, max: 200 }),
      y: axis("loss minus before", (v) => signed(+v.toFixed(3))),
    };
    return make(nearCanvas, {
      type: "line", data: { datasets }, plugins: [zero],
      options: lineOptions(scales, (item) => "step " + signed(item.parsed.x),
                           (item) => item.dataset.label + ": " + signed(+item.parsed.y.toFixed(4))),
    });
  }

  return {
    draw() {
      const loss = drawLoss();
      const around = nearCanvas === null ? null : drawNear();
      legend(list, entriesOf(shown), hidden, () => {
        Object.assign(loss.options.scales.y, { min: undefined, max: undefined }, scale());
        showOnly(loss, hidden);
        if (around !== null) showOnly(around, hidden);
      });
    },
  };
}

// ---- sweeps: the final loss over the place of the transition
const ranges = {
  id: "ranges",
  beforeDatasetsDraw(chart) {
    const { ctx, chartArea: area, scales: { x, y } } = chart;
    ctx.save();
    chart.data.datasets.forEach((dataset, i) => {
      if (!chart.isDatasetVisible(i)) return;
      for (const { x: at, low, high, seeds } of dataset.data) {
        if (seeds < 2) continue;
        const top = y.getPixelForValue(high), bottom = y.getPixelForValue(low);
        if (dataset.level) {
          ctx.fillStyle = Chart.helpers.color(dataset.borderColor).alpha(0.05).rgbString();  // twice: two points
          ctx.fillRect(area.left, top, area.right - area.left, bottom - top);
          continue;
        }
        const centre = x.getPixelForValue(at);
        ctx.strokeStyle = dataset.borderColor;
        ctx.lineWidth = 1.2;
        ctx.beginPath();
        for (const end of [top, bottom]) {
          ctx.moveTo(centre - 3, end);
          ctx.lineTo(centre + 3, end);
        }
        ctx.moveTo(centre, top);
        ctx.lineTo(centre, bottom);
        ctx.stroke();
      }
    });
    ctx.restore();
  },
};
const shapes = ["circle", "rect", "triangle", "rectRot", "crossRot", "star"];

function sweepFigure(figure, parent) {
  const section = element("section", parent);
  element("h2", section, {}, figure.title);
  element("p", section, {}, "Validation loss at the end in nats, as exported where the network is ternary: mean over " +
    "seeds, with bars from the lowest to the highest seed.");
  if (figure.lines.every((line) => line.points.length === 0) && figure.levels.length === 0) {
    element("p", section, {}, "No run of it is done yet.");
    return { draw() {} };
  }
  const canvas = chartBox(section, "", "Final validation loss over the place of the transition");
  const list = element("ul", section, { class: "legend" });
  const hidden = new Set();
  const groups = figure.lines.filter((line) => line.points.length > 0);
  const groupLook = (i) => ({ colour: colour("--group-" + (i % 6)), dash: [] });

  function datasets() {
    const lines = groups.map((line, i) => {
      const aside = 0.7 * (i - (groups.length - 1) / 2);  // so that bars at the same place stay apart
      const points = line.points.map((point) => ({ ...point, x: point.place + aside, y: point.mean }));
      const { colour } = groupLook(i);
      return {
        label: line.group, index: "group " + i, data: points, borderColor: colour, backgroundColor: colour,
        borderWidth: 2, pointRadius: 4, pointStyle: shapes[i % shapes.length],
      };
    });
    const ends = (level) => [0, 100].map((x) => ({ ...level, x, y: level.mean }));
    const more = { level: true, borderWidth: 1.6, order: 9 };
    const levels = figure.levels.map((level) => lineOf(level.condition, ends(level), more));
    return [...lines, ...levels];
  }

  return {
    draw() {
      const scales = {
        x: overSteps("transition, % of the steps", (value) => value + " %", { min: 0, max: 100 }),
        y: axis("validation loss (nats)", (value) => +value.toFixed(4), { grace: "5%" }),
      };
      const label = ({ raw }) => conditions[raw.condition].name + ": " + nats(raw.mean) +
        (raw.seeds < 2 ? " (one seed)" : " (" + nats(raw.low) + " to " + nats(raw.high) + ", " + raw.seeds + " seeds)");
      const options = lineOptions(scales, () => "", label);
      const sets = datasets().map((dataset) => ({ ...dataset, hidden: hidden.has(dataset.index) }));
      const chart = make(canvas, { type: "line", data: { datasets: sets }, plugins: [ranges], options });
      const entries = groups.map((line, i) => ({ key: "group " + i, text: line.group, ...groupLook(i) }));
      legend(list, [...entries, ...entriesOf(figure.levels.map((level) => level.condition))], hidden,
             () => showOnly(chart, hidden));
    },
  };
}

// ---- codes that changed
function changedSection() {
  const section = document.getElementById("changed");
  const any = (indices) => indices.filter((index) => conditions[index].changed.step.length > 0);
  const all = { title: "all", conditions: conditions.map((_, index) => index) };
  const choices = [...data.figures.filter((figure) => figure.kind === "curves"), all]
    .map((choice) => ({ title: choice.title, conditions: any(choice.conditions) }))
    .filter((choice) => choice.conditions.length > 0);
  if (choices.length === 0) return { draw() {} };
  section.hidden = false;
  const select = section.querySelector("select");
  choices.forEach((choice, i) => element("option", select, { value: i }, choice.title));
  const hidden = new Set();
  select.addEventListener("change", () => drawAll());

  return {
    draw() {
      const shown = choices[Number(select.value)].conditions;
      const datasets = shown.map((index) => {
        const { step, since, share } = conditions[index].changed;
        const line = step.map((x, i) => ({ x, y: share[i], since: since[i] }));
        return lineOf(index, line, { pointRadius: line.length > 60 ? 0 : 2, hidden: hidden.has(index) });
      });
      const scales = { x: overSteps("step", count, { min: 0 }), y: axis("changed", percent, { min: 0 }) };
      const chart = make(section.querySelector("canvas"), {
        type: "line", data: { datasets },
        options: lineOptions(scales, (item) => "step " + count(item.raw.x) + ", against step " + count(item.raw.since),
                             (item) => item.dataset.label + ": " + (100 * item.parsed.y).toFixed(2) + " %"),
      });
      legend(section.querySelector(".legend"), entriesOf(shown), hidden, () => showOnly(chart, hidden));
    },
  };
}

// ---- the table's order: cells without a number come last
function sortBy(head, column) {
  const body = document.querySelector("tbody");
  const ascending = head.getAttribute("aria-sort") !== "ascending";
  for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const sign = ascending ? 1 : -1;
  const compare = (a, b) => {
    const [x, y] = [a, b].map((row) => row.children[column].dataset.value);
    if (column === 0) return sign * a.children[0].textContent.localeCompare(b.children[0].textContent);
    if (x === undefined || y === undefined) return (x === undefined) - (y === undefined);
    return sign * (x - y);
  };
  body.append(...[...body.children].sort(compare));
}
document.querySelectorAll("thead th").forEach((head, column) => {
  head.querySelector("button").addEventListener("click", () => sortBy(head, column));
});

const parent = document.getElementById("figures");
const drawn = data.figures.map((figure) => (figure.kind === "sweep" ? sweepFigure : curvesFigure)(figure, parent));
drawn.push(changedSection());

function drawAll() {
  startCharts();
  for (const one of drawn) one.draw();
}
drawAll();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
