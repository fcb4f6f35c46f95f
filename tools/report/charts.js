// What the scripts of all reports share: numbers as text, colours of the theme, axes, and the charts drawn.
"use strict";
let charts = [];

// ---- numbers as text
const count = (value) => value.toLocaleString("en-US");
const percent = (value) => (100 * value).toFixed(1).replace(/\.0$/, "") + " %";
const scientific = (value) => (value === 0 ? "0" : value.toExponential(2).replace(/\.?0+e/, "e"));
function short(value) {
  for (const [factor, name] of [[1e9, " G"], [1e6, " M"], [1e3, " k"]]) {
    if (Math.abs(value) >= factor) return +(value / factor).toPrecision(3) + name;
  }
  return String(+value.toPrecision(3));
}

// ---- colours
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

// ---- charts
const points = (steps, values) => steps.map((step, i) => ({ x: step, y: values[i] }));
const some = (values) => values.some((value) => value !== null);

function axis(title, format, more) {
  return {
    title: { display: true, text: title }, grid: { color: colour("--line") }, border: { display: false },
    ticks: { callback: format, maxTicksLimit: 7, includeBounds: false }, ...more,
  };
}

function draw(section, config) {
  const element = document.getElementById(section);
  element.hidden = false;
  charts.push(new Chart(element.querySelector("canvas"), config));
}

// Before all charts are drawn, again where the theme has changed.
function startCharts() {
  for (const chart of charts) chart.destroy();
  charts = [];
  Chart.defaults.animation = false;
  Chart.defaults.maintainAspectRatio = false;
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.color = colour("--faint");
  Chart.defaults.plugins.legend.position = "bottom";
  Chart.defaults.plugins.legend.labels.boxWidth = 24;
  Chart.defaults.plugins.legend.labels.boxHeight = 3;
}
