// The script of a load test's page: curves over time, and times by share of the requests.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const over = data.over_time;
const seconds = (value) => short(value) + " s";
const milliseconds = (value) => short(value) + " ms";

function line(label, x, y, name, more) {
  return {
    label, data: points(x, y), borderColor: colour(name), backgroundColor: colour(name), borderWidth: 2,
    pointRadius: 0, pointHitRadius: 6, ...more,
  };
}

function lines(section, datasets, x, y, title, format) {
  x.ticks = { ...x.ticks, maxRotation: 0, autoSkipPadding: 16 };
  x.grid = { display: false };
  draw(section, {
    type: "line",
    data: { datasets },
    options: {
      parsing: false, normalized: true, scales: { x, y },
      interaction: { mode: "nearest", axis: "x", intersect: false },
      plugins: {
        legend: { display: datasets.length > 1 },
        tooltip: {
          callbacks: {
            title: (items) => (items.length ? title(items[0].parsed.x) : ""),
            label: (item) => item.dataset.label + ": " + format(item.parsed.y),
          },
        },
      },
    },
  });
}

function overTime(section, datasets, y, format) {
  if (over.t_s.length < 2) return;
  const last = over.t_s[over.t_s.length - 1];
  lines(section, datasets, axis("seconds", short, { type: "linear", min: 0, max: last }), y, seconds, format);
}

function drawTimes() {
  // Texts that came together have no time between them, which has no place on the scale.
  const of = (label, curve, name) => {
    const shown = curve.filter((point) => point[1] > 0);
    return line(label, shown.map((point) => point[0]), shown.map((point) => point[1]), name);
  };
  const { first_token_ms: first, between_tokens_ms: between, request_ms: request } = data.curves;
  const datasets = [];
  if (first.length) datasets.push(of("to the first token", first, "--train"));
  if (between.length) datasets.push(of("between tokens", between, "--exported"));
  if (request.length) datasets.push(of("whole request", request, "--validation"));
  if (datasets.length === 0) return;
  const y = axis("milliseconds", short, { type: "logarithmic" });
  lines("times", datasets, axis("% of the requests", short, { type: "linear", min: 0, max: 100 }), y,
        (value) => short(value) + " % within", milliseconds);
}

function drawAll() {
  startCharts();
  overTime("speed", [line("tokens/s", over.t_s, over.tokens_per_s, "--train")],
           axis("tokens/s", short, { beginAtZero: true }), short);
  drawTimes();
  overTime("requests", [line("under way", over.t_s, over.running, "--train"),
                        line("waiting", over.t_s, over.waiting, "--validation")],
           axis("requests", short, { beginAtZero: true }), count);
  const mib = over.resident_bytes.map((bytes) => bytes / (1 << 20));
  overTime("memory", [line("resident", over.t_s, mib, "--train")], axis("MiB", short, { beginAtZero: true }),
           (value) => value.toFixed(1) + " MiB");
}

drawAll();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
