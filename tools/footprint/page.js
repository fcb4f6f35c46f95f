// Draws a footprint's JSON: headline, bars (SVG), tables. Everything that comes from it is set as text.
"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const variants = data.variants;
const reference = variants[0];
const measured = variants.every((v) => v.measured !== null);
const isTernary = (v) => v.linears === "t2" || v.linears === "t5" || v.linears === "lut";
const ternary = variants.filter(isTernary);
const text = data.model.reads_text;

// ---- numbers
const MiB = 1 << 20;
function bytes(value) {
  for (const [unit, name] of [[1 << 30, "GiB"], [MiB, "MiB"], [1024, "KiB"]]) {
    if (value >= unit) return (value / unit).toFixed(value / unit < 100 ? 2 : 0) + " " + name;
  }
  return value + " B";
}
const mebibytes = (value) => (value / MiB).toFixed(value < 100 * MiB ? 2 : 0);
const times = (value) => value.toFixed(value < 10 ? 1 : 0) + " ×";
const count = (value) => value.toLocaleString("en-US");
function short(value) {
  for (const [unit, name] of [[1e9, " billion"], [1e6, " million"]]) {
    if (value >= unit) return +(value / unit).toPrecision(3) + name;
  }
  return count(value);
}
const rate = (value) => (value < 100 ? value.toFixed(1) : count(Math.round(value)));
const milliseconds = (seconds) => (seconds === null ? "–" : (1e3 * seconds).toFixed(seconds < 0.1 ? 2 : 0));

// ---- elements
function element(name, content, className) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (content !== undefined) made.textContent = content;
  return made;
}
const set = (id, content) => { document.getElementById(id).textContent = content; };
function show(id) {
  const section = document.getElementById(id);
  section.hidden = false;
  return section;
}
// Rows of cells; a cell is text, or text and a smaller text behind it.
function table(section, rows) {
  const made = element("table");
  rows.forEach((cells, row) => {
    const line = element("tr");
    for (const cell of cells) {
      const [main, small] = Array.isArray(cell) ? cell : [cell, ""];
      const made_cell = element(row === 0 ? "th" : "td", main);
      if (small) made_cell.append(" ", element("small", small));
      line.append(made_cell);
    }
    made.append(line);
  });
  section.querySelector(".table").append(made);
}
// One bar: parts as [colour, share of the whole width].
function bar(parts) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 1000 10");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  let x = 0;
  for (const [colour, share] of parts) {
    const rect = document.createElementNS(svg.namespaceURI, "rect");
    rect.setAttribute("x", x);
    rect.setAttribute("width", 1000 * share);
    rect.setAttribute("height", 10);
    rect.style.fill = "var(" + colour + ")";
    x += 1000 * share;
    svg.append(rect);
  }
  return svg;
}
function bars(section, lines) {
  for (const [name, parts, value] of lines) {
    const line = element("div");
    line.append(element("span", name), element("span", value), bar(parts));
    section.querySelector(".bars").append(line);
  }
}

// ---- what is compared
const plan = (v, i = 0) => v.planned.contexts[i];
const isMeasured = (v, i) => v.measured !== null && i < v.measured.contexts.length;
const peak = (v, i = 0) => (isMeasured(v, i) ? v.measured.contexts[i].peak_bytes : plan(v, i).peak_bytes);
const cost = (v) => v.measured.loss - reference.measured.loss;
const scored = measured && reference.measured.loss !== null;
const timed = measured && reference.measured.decode.length > 0;
// To begin with: the smallest whose perplexity is within 1 % of the reference, or where nothing was scored, of those
// with a head of four bits or more.
function best() {
  const good = ternary.filter((v) => (scored ? Math.exp(cost(v)) < 1.01 : v.head !== "t2" && v.head !== "t5"));
  return (good.length ? good : ternary).reduce((a, b) => (peak(b) < peak(a) ? b : a), (good.length ? good : ternary)[0]);
}

function headline() {
  set("subject", short(data.model.parameters) + " weights, " + short(data.model.ternary_weights) + " of them ternary. " +
    data.model.note);
  if (ternary.length === 0) return;
  const chosen = best();
  const box = document.getElementById("headline");
  const big = element("div", undefined, "big");
  const add = (figure, what, from) => {
    const cell = element("div");
    cell.append(element("b", figure), element("span", what), element("span", from));
    big.append(cell);
  };
  add(times(reference.planned.file_bytes / chosen.planned.file_bytes), "smaller file",
    bytes(reference.planned.file_bytes) + " → " + bytes(chosen.planned.file_bytes));
  const context = text ? " with " + count(plan(chosen).context) + " tokens" : "";
  add(times(peak(reference) / peak(chosen)), "less memory, whole process" + context,
    bytes(peak(reference)) + " → " + bytes(peak(chosen)));
  if (timed) {
    const [before, after] = [reference, chosen].map((v) => v.measured.decode[0].tokens_per_s);
    add(times(after / before), "faster, " + (text ? "writing" : "single rows"), rate(before) + " → " + rate(after) + " /s");
  } else {
    add(times(plan(reference).bytes_per_token / plan(chosen).bytes_per_token), "fewer bytes read a token",
      bytes(plan(reference).bytes_per_token) + " → " + bytes(plan(chosen).bytes_per_token));
  }
  if (scored) {
    add((100 * (Math.exp(cost(chosen)) - 1)).toFixed(1) + " %", "higher perplexity",
      reference.measured.perplexity.toFixed(2) + " → " + chosen.measured.perplexity.toFixed(2));
  }
  box.append(big, element("p", "fp16: all of it in 16 bits (" + reference.name + "), in the same runtime. Ternary: " +
    chosen.name + (scored ? ", the smallest within 1 % of its perplexity" : "") + ". " +
    (measured ? "Memory and speed are measured, each in a process of its own." : "Planned: nothing was run.")));
}

// ---- the picture
const kinds = [
  ["linears", "--linears", (v) => v.planned.ternary_bytes + v.planned.plain_bytes],
  ["embedding and head", "--head", (v) => v.planned.embedding_head_bytes],
  ["scales, norms, graph, vocabulary", "--rest", (v) => v.planned.scales_bytes + v.planned.other_bytes + v.planned.description_bytes],
  ["cache", "--cache", (v) => plan(v).cache_bytes],
  ["buffers", "--arena", (v) => v.planned.arena_bytes],
  ["program", "--program", (v) => v.planned.program_bytes],
];
function parts() {
  const section = document.getElementById("parts");
  const legend = section.querySelector(".legend");
  for (const [name, colour] of kinds) {
    const item = element("li");
    const square = element("i");
    square.style.background = "var(" + colour + ")";
    item.append(square, name);
    legend.append(item);
  }
  const largest = Math.max(...variants.map((v) => plan(v).peak_bytes));
  bars(section, variants.map((v) => [v.name, kinds.map(([, colour, part]) => [colour, part(v) / largest]),
    bytes(plan(v).peak_bytes)]));
  const dominates = (v) => kinds.reduce((a, b) => (b[2](v) > a[2](v) ? b : a));
  const share = (v) => Math.round(100 * dominates(v)[2](v) / plan(v).peak_bytes) + " % of it";
  const smallest = variants.reduce((a, b) => (plan(b).peak_bytes < plan(a).peak_bytes ? b : a));
  let sentence = "Peak of the process" + (text ? " with a context of " + count(plan(reference).context) : "") +
    ". In fp16 most of it is " + dominates(reference)[0] + " (" + share(reference) + "); in " + smallest.name +
    ", the smallest, it is " + dominates(smallest)[0] + " (" + share(smallest) + ").";
  if (measured) {
    const off = Math.max(...variants.flatMap((v) => v.measured.contexts.map((c) => Math.abs(c.difference))));
    sentence += " Planned and measured peaks differ by " + (100 * off).toFixed(2) + " % at most.";
  }
  set("parts-text", sentence);
}

function reality() {
  const section = document.getElementById("reality");
  if (ternary.length === 0) { section.hidden = true; return; }
  const smallest = ternary.reduce((a, b) => (peak(b) < peak(a) ? b : a));
  const dense = smallest.planned;
  const lines = [
    ["ternary linears alone", reference.planned.plain_bytes / (dense.ternary_bytes + dense.plain_bytes)],
    ["all weights", reference.planned.weights_bytes / dense.weights_bytes],
    ["file", reference.planned.file_bytes / dense.file_bytes],
  ];
  smallest.planned.contexts.forEach((c, i) => {
    lines.push(["process" + (text ? ", " + count(c.context) + " tokens" : "") + (isMeasured(reference, i) ? "" : ", planned"),
      peak(reference, i) / peak(smallest, i)]);
  });
  const scale = Math.max(16, ...lines.map(([, value]) => value));
  bars(section, lines.map(([name, value], i) => [name, [[i < 3 ? "--linears" : "--cache", value / scale]], times(value)]));
  set("reality-text", "Papers count the bits of a ternary weight: 16 in fp16 against 1 to 2. A process also has an embedding, a " +
    "cache, buffers and itself, which do not become ternary. Times smaller than fp16, of " + smallest.name +
    ":");
}

function contexts() {
  if (plan(reference).context === 0 || reference.planned.contexts.length < 2) return;
  const section = show("cache");
  const rows = [["", ...reference.planned.contexts.map((c) => count(c.context))]];
  for (const cache of [...new Set(variants.map((v) => v.cache))]) {
    const v = variants.find((one) => one.cache === cache);
    rows.push(["cache alone, " + cache, ...v.planned.contexts.map((c) => bytes(c.cache_bytes))]);
  }
  for (const v of variants) {
    rows.push([v.name, ...v.planned.contexts.map((c, i) => [bytes(c.peak_bytes),
      v === reference ? "" : "(" + times(plan(reference, i).peak_bytes / c.peak_bytes) + ")"])]);
  }
  table(section, rows);
}

function speeds() {
  if (!timed) return;
  const section = show("speed");
  set("speed-text", (data.quick ? "Measured with --quick: to see that it works, not to compare. " : "") + "Tokens a second by threads, prompts of " + count(data.prompt) + " tokens, and writing one text. Loading checks " +
    "every checksum; the first token counts from the start of loading, with the file on disk (cold) and in memory (warm).");
  const counts = reference.measured.decode.map((d) => d.threads);
  const rows = [["", ...counts.map((n) => "prompt, " + n + (n === 1 ? " thread" : " threads")),
    ...counts.map((n) => "writing, " + n), "load, ms", "first, cold, ms", "first, warm, ms"]];
  for (const v of variants) {
    const m = v.measured;
    rows.push([v.name, ...m.prefill.map((p) => rate(p.tokens_per_s)), ...m.decode.map((d, i) => [rate(d.tokens_per_s),
      v === reference ? "" : "(" + times(d.tokens_per_s / reference.measured.decode[i].tokens_per_s) + ")"]),
      milliseconds(m.load_seconds), milliseconds(m.first_token_cold_seconds), milliseconds(m.first_token_warm_seconds)]);
  }
  table(section, rows);
}

function quality() {
  if (!scored) return;
  const section = show("quality");
  set("quality-text", "Perplexity on " + count(reference.measured.tokens) + " held-out tokens, scored by the runtime with this cache. " +
    "Linears hold the same ternary values everywhere; the linears of the first do not round their input.");
  const rows = [["", "perplexity", "loss, nats", "beyond fp16", "peak"]];
  for (const v of variants) {
    rows.push([v.name, v.measured.perplexity.toFixed(3), v.measured.loss.toFixed(4),
      v === reference ? "" : cost(v).toFixed(4), bytes(peak(v))]);
  }
  table(section, rows);
}

function boards() {
  if (data.boards.length === 0) return;
  const section = show("boards");
  const rows = [["tokens/s at most", ...data.boards.map((b) => [b.name, b.gb_per_s + " GB/s" +
    (b.model_bytes ? ", " + bytes(b.model_bytes) : "")])]];
  for (const v of variants) {
    rows.push([v.name, ...data.boards.map((b) => [rate(b.gb_per_s * 1e9 / plan(v).bytes_per_token),
      !b.model_bytes ? "" : plan(v).peak_bytes <= b.model_bytes ? "fits" : "does not fit"])]);
  }
  table(section, rows);
}

function all() {
  const head = ["", "file", "linears", "head", "rest", "cache", "buffers", "program", "peak, planned"];
  if (measured) head.push("measured", "beyond");
  const rows = [head];
  for (const v of variants) {
    const p = v.planned;
    const row = [v.name, mebibytes(p.file_bytes), ...kinds.map(([, , part]) => mebibytes(part(v))), mebibytes(plan(v).peak_bytes)];
    if (measured) row.push(mebibytes(peak(v)), (100 * v.measured.contexts[0].difference).toFixed(2) + " %");
    rows.push(row);
  }
  table(document.getElementById("variants"), rows);
}

function made() {
  const list = document.getElementById("made");
  const facts = [["machine", data.machine.cpu + ", " + data.machine.target], ["threads", data.machine.threads],
    ["memory", bytes(data.machine.memory_bytes)], ["made by", data.producer + (data.commit ? ", commit " + data.commit : "")],
    ["at", data.created], ["network", data.model.digest]];
  if (data.text) facts.push(["text", data.text]);
  for (const [name, value] of facts) {
    const pair = element("div");
    pair.append(element("dt", name), element("dd", value));
    list.append(pair);
  }
  if (!measured) return;
  const why = reference.measured.why_no_energy;
  set("energy", why ? "Energy was not measured: " + why + "." : "Energy while writing, whole processor: " +
    variants.map((v) => v.name + " " + v.measured.joules_per_token.toPrecision(3) + " J a token").join(", ") + ".");
}

headline();
parts();
reality();
contexts();
speeds();
quality();
boards();
all();
made();
