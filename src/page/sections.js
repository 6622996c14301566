/* The sections in the order in which they are read, but for the runs. */

/* --- how good is it --- */

const persistence = data.headline.persistence;

function say_verdict() {
  const verdict = at("verdict");
  const [mean, lo, hi] = shown.r2;
  const n = data.headline.n_runs;
  const runs = n === 1 ? "one unseen run" : `${n} unseen runs`;
  if (mean === null) {
    if (shown.n_overflowed > 0) verdict.append(`The forecasts of ${shown.n_overflowed} of ${runs} by the ${shown.name} are not finite: holding the last known frame is better.`);
    else verdict.append("No verdict: the truth of a test run is the training mean itself, where r² is 0/0.");
    return;
  }
  const [gain, gain_lo, gain_hi] = shown.gain;
  const beats = data.headline.verdict === "beats_persistence";
  verdict.append("Over ", runs, ", the ", make("b", {}, shown.name), " reaches a mean r² of ", make("b", {}, signed(mean)));
  if (n > 1) verdict.append(` (95 % interval ${show(lo)} to ${show(hi)})`);
  if (data.headline.verdict === "undecided") verdict.append(". It is ", make("b", { class: "bad" }, "undecided"), ` whether that beats holding the last known frame: ${show(Math.abs(gain))} ${gain > 0 ? "better" : "worse"} on average, but the 95 % interval, ${show(gain_lo)} to ${show(gain_hi)}, includes 0`);
  else verdict.append(". It ", make("b", { class: beats ? "good" : "bad" }, beats ? "beats" : "loses to"), ` holding the last known frame by ${show(Math.abs(gain))}`);
  const way = (mean - persistence) / (shown.limit - persistence);
  if (beats && way > 0 && way <= 1) verdict.append(`, and goes ${Number((100 * way).toPrecision(3))} % of the way to its projection limit`);
  verdict.append(".");
}

function say_setting() {
  const run = data.runs[0];
  const n_forecast = run.times_forecast.length;
  const types = [...new Set(data.runs.map((one) => plain(one.type)))];
  const kinds = types.length <= 4 ? types.join(", ") : `${types.length} kinds of beginnings`;
  at("setting").append(`Given ${data.headline.n_known} frame${data.headline.n_known === 1 ? "" : "s"} of each run, to t = ${brief(run.times[Math.min(run.n_known, run.times.length) - 1])}; `,
    `forecast to t = ${brief(run.times[run.times.length - 1])}${n_forecast > 1 ? "" : " (one frame)"}. Runs: ${kinds}.`);
}

/* Everything on one line: models with their intervals, what they are judged against, and what limits them. */
function score_rows() {
  const rows = models.map((model) => ({ label: model.name, value: model.r2[0], lo: model.r2[1], hi: model.r2[2], colour: colour(model.key), note: model.text }));
  rows.push({ label: "persistence", value: persistence, colour: colour("persistence"), note: "the last known frame held" });
  rows.push({ label: "training mean", value: 0, colour: colour("mean"), note: "always the mean over the training runs" });
  rows.push({ label: "projection limit", value: shown.limit, colour: colour("basis"), note: `the truth itself, as the ${shown.name} can show it` });
  if (data.headline.n_limits > 0) rows.push({ label: "noise limit", value: data.headline.noise_limit, colour: colour("noise_limit"), note: `simulated on from the true agents with other noise (${data.headline.n_limits} runs)` });
  return rows.sort((a, b) => (b.value ?? -Infinity) - (a.value ?? -Infinity));
}

/* A picture with one row for each of some things along r² from `lo` to 1, as wide as there is room. */
function strips(place, names, lo, row_height, right, x_label, label) {
  const width = Math.max(340, Math.min(860, place.clientWidth));
  const left = width < 560 ? 130 : 170;
  const bottom = names.length * row_height + 6;
  const picture = make("svg", { viewBox: `0 0 ${width} ${bottom + 48}`, width: "100%", style: "max-width: 60rem", role: "group", "aria-label": label });
  const x = (value) => left + (width - left - right) * (Math.max(value ?? -Infinity, lo) - lo) / (1 - lo);
  const step = width < 560 || lo < -0.6 ? 0.5 : 0.25;
  for (let tick = Math.ceil(lo / step) * step; tick <= 1; tick += step) {
    picture.append(make("line", { class: "rule", x1: x(tick), x2: x(tick), y1: 4, y2: bottom }),
      make("text", { class: "quiet", x: x(tick), y: bottom + 20, "text-anchor": "middle" }, brief(tick)));
  }
  picture.append(make("text", { class: "quiet", x: (left + width - right) / 2, y: bottom + 42, "text-anchor": "middle" }, x_label));
  const y = (i) => (i + 0.5) * row_height + 4;
  names.forEach((name, i) => picture.append(make("text", { x: left - 12, y: y(i) + 4, "text-anchor": "end" }, name)));
  place.append(make("div", { class: "scroll" }, picture));
  return { picture, x, y, left, width };
}

function draw_scores() {
  const rows = score_rows();
  const values = rows.flatMap((row) => [row.value, row.lo, row.hi]).filter((value) => typeof value === "number");
  const lo = Math.max(-1, Math.min(0, ...values));
  const { picture, x, y, left, width } = strips(at("scores"), rows.map((row) => row.label), lo, 30, 84, "mean r²", "Mean r² of the models and of what they are judged against");
  rows.forEach((row, i) => {
    if (typeof row.lo === "number" && row.hi >= lo) picture.append(make("line", { x1: x(row.lo), x2: x(row.hi), y1: y(i), y2: y(i), stroke: row.colour, "stroke-width": 7, "stroke-opacity": 0.35 }));
    const mark = row.value === null || row.value < lo ? make("polygon", { points: `${left},${y(i)} ${left + 12},${y(i) - 6} ${left + 12},${y(i) + 6}`, fill: row.colour })
      : make("circle", { cx: x(row.value), cy: y(i), r: 6, fill: row.colour });
    picture.append(tip(mark, `${row.label}: ${row.value === null ? "not finite" : signed(row.value)}\n${row.note}`),
      make("text", { x: width - 68, y: y(i) + 4 }, row.value === null ? "overflow" : signed(row.value)));
  });
  at("scores").append(make("figcaption", {}, `Mean r² over the runs; ${data.headline.n_runs > 1 ? "a bar is its 95 % interval, " : ""}an arrow points to what is off the scale.`));
}

function list_gains() {
  const columns = [
    { label: "model", text: true, value: (model) => model.name },
    { label: "what it is", text: true, value: (model) => model.text.replace(/^[^:]*: /, "").replace(/lag (\d+)$/, "lag\u00a0$1") },
    { label: "mean r²", value: (model) => signed(model.r2[0]) },
    { label: "over persistence", title: "mean gain with its 95 % interval over the runs, widened where they are few", value: (model) => (model.gain[0] === null ? "–" : signed(model.gain[0]) + (data.headline.n_runs > 1 ? ` (${show(model.gain[1])} to ${show(model.gain[2])})` : "")) },
    { label: "limit", value: (model) => signed(model.limit) },
    { label: "cells in 90 % interval", title: "share of cells whose true density lies in the interval forecast for it: 90 % at best", value: (model) => (model.calibration ? `${show(100 * model.calibration.coverage_90, 0)} %` : "–") },
    { label: "CRPS", title: "continuous ranked probability score: smaller is better", value: (model) => (model.calibration ? `${brief(model.calibration.crps)} (persistence ${brief(model.calibration.crps_persistence)})` : "–") },
  ];
  at("gains").append(make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Models" }, grid(null, columns, models)));
}

/* --- how far ahead --- */

const bands = (rows, name) => ({ values: rows.map((row) => row[`${name}_median`]), band: [rows.map((row) => row[`${name}_p10`]), rows.map((row) => row[`${name}_p90`])] });

function draw_leads() {
  const by_model = new Map(models.map((model) => [model.key, table("r2_by_lead").filter((row) => row.model === lead_names[model.key])]));
  const rows = by_model.get(shown.key);
  const lines = models.filter((model) => model !== shown).reverse().map((model) => ({ label: model.name, colour: colour(model.key), ...bands(by_model.get(model.key), "r2") }));
  lines.push({ label: "persistence", colour: colour("persistence"), dash: [8, 4], ...bands(rows, "persistence") });
  lines.push({ label: "projection limit", colour: colour("basis"), dash: [2, 3], ...bands(rows, "basis") });
  if (data.headline.n_limits > 0) lines.push({ label: "noise limit", colour: colour("noise_limit"), dash: [2, 3], ...bands(rows, "limit") });
  lines.push({ label: shown.name, colour: colour(shown.key), width: 3, ...bands(rows, "r2") });
  const lost = rows.find((row) => row.r2_median === null || row.r2_median < 0.5);
  at("horizon").append(lost ? `Single frames of the ${shown.name} fall below an r² of 0.5, the median over runs, ${brief(lost.time)} time units after the last known frame.`
    : `Single frames of the ${shown.name} stay above an r² of 0.5, the median over runs, to the end: ${brief(rows[rows.length - 1].time)} time units.`);
  const lowest = Math.max(-1, quiet_range(lines, [0])[0]);
  const guides = [{ y: 0, label: "training mean", colour: colour("mean"), dash: [8, 4] },
    { y: 0.5, label: lost ? `horizon: r² below 0.5 from lead ${brief(lost.time)} on` : "r² = 0.5: the horizon is beyond the end", colour: "var(--quiet)", dash: [8, 4] }];
  if (lost) guides.push({ x: lost.time, label: null, colour: "var(--quiet)", dash: [8, 4] });
  at("lead-chart").append(chart({
    title: "r² of single frames: median over runs, and 10th to 90th percentile", x: rows.map((row) => row.time), x_label: "lead: time since the last known frame", x_name: "lead",
    y_label: "r²", lines, guides, range: [lowest, 1.04], height: 340,
  }));
  if (lowest === -1) at("lead-chart").append(make("p", { class: "note" }, "What is below −1 is not drawn; it is among the numbers."));
}

/* --- for which beginnings --- */

function draw_types() {
  const rows = types_of(shown.key);
  const scores = new Map(metrics(shown.key).map((row) => [row.run_name, row.r2]));
  const lo = Math.max(-1, Math.min(0, ...metrics(shown.key).flatMap((row) => [row.r2 ?? -1, row.r2_persistence ?? 0])));
  const { picture, x, y } = strips(at("type-strips"), rows.map((row) => plain(row.ic_type)), lo, 44, 30, "r²", "r² of every run by type; a point chooses its run");
  rows.forEach((row, i) => {
    const bar = (value, attributes) => value !== null && picture.append(make("line", { x1: x(value), x2: x(value), y1: y(i) - 14, y2: y(i) + 14, "stroke-width": 3, ...attributes }));
    bar(row.mean_r2_persistence, { stroke: colour("persistence"), "stroke-dasharray": "5 3" });
    bar(row.mean_r2, { stroke: colour(shown.key) });
    data.runs.forEach((run, k) => {
      if (run.type !== row.ic_type) return;
      const dot = make("circle", { cx: x(scores.get(run.name)), cy: y(i) + ((k * 7) % 5 - 2) * 4, r: 5, fill: colour(shown.key), "fill-opacity": 0.6, stroke: "var(--page)", style: "cursor:pointer",
        onclick: () => visit_run(k) });
      picture.append(tip(dot, `${run.name}: r² ${signed(scores.get(run.name))}`));
    });
  });
  at("type-strips").append(make("figcaption", {}, `Each point is a run by the ${shown.name}; the bars are the mean of a type, and of persistence (dashed).${lo === -1 ? " What is below −1 is drawn there." : ""}`));
  const columns = [{ label: "type", text: true, value: (row) => plain(row.ic_type) }, { label: "runs", value: (row) => show(row.n_runs, 0) },
    ...models.map((model) => ({ label: model.name, value: (row) => signed(types_of(model.key).find((one) => one.ic_type === row.ic_type).mean_r2) })),
    { label: "persistence", value: (row) => signed(row.mean_r2_persistence) }, { label: "projection limit", value: (row) => signed(row.mean_r2_pod) },
    { label: "median e₂", title: "relative error of a frame, median over the frames of a run, mean over the runs", value: (row) => show(row.mean_e2) }];
  at("type-table").append(grid(`Mean r² over the runs of a type; projection limit and relative error e₂ are those of the ${shown.name}`, columns, rows));
}

/* --- modes --- */

async function draw_map(canvas, map) {
  const bytes = await unpack(map.bytes);
  const [nx, ny] = [map.nx, map.ny];
  canvas.width = nx;
  canvas.height = ny;
  const image = canvas.getContext("2d").createImageData(nx, ny);
  bytes.forEach((byte, i) => {
    const to = 4 * ((ny - 1 - Math.floor(i / nx)) * nx + i % nx);
    image.data.set(rgb_of(data.colours.diverging[Math.round((byte - 1) * 255 / 254)]), to);
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function draw_basis() {
  const basis = data.basis;
  const ranks = basis.singular_values.map((_, i) => i + 1);
  at("basis-note").append(`The specified model works on ${basis.n_modes} POD modes, which hold ${show(100 * basis.energy, 2)}\u00a0% of the energy of the training frames (${show(100 * basis.target_energy, 2)}\u00a0% were asked for).`);
  at("spectrum").append(chart({ title: "Singular values, relative to the first", x: ranks, x_label: "mode", x_name: "mode", y_label: "σ / σ₁", log: true,
    lines: [{ label: "singular value", colour: colour("basis"), values: basis.singular_values.map((value) => value / basis.singular_values[0]) }] }));
  at("energy").append(chart({ title: "Energy in the first modes", x: ranks, x_label: "modes", x_name: "modes", y_label: "share of the energy", range: [Math.min(0.95, basis.shares[0]) - 0.02, 1.005],
    lines: [{ label: "energy", colour: colour("basis"), values: basis.shares }] }));
  at("maps-note").append(`The mean training frame and the first modes, with the share of the energy of each, in the box of ${brief(basis.box_x)} × ${brief(basis.box_y)}: red is positive, blue negative, white zero, each map on a scale of its own. The sign of a mode is arbitrary.`);
  basis.maps.forEach((map, i) => {
    const name = i === 0 ? "mean" : `mode ${i}`;
    const canvas = make("canvas", { role: "img", "aria-label": `Map of the ${name}`, style: `aspect-ratio: ${basis.box_x} / ${basis.box_y}` });
    at("maps").append(make("figure", {}, canvas, make("figcaption", {}, i === 0 ? "mean" : `${name}: ${show(100 * (basis.shares[i - 1] - (basis.shares[i - 2] || 0)), 1)} %`)));
    draw_map(canvas, map);
  });
}

/* --- what was learned --- */

const with_interval = ([value, lo, hi], digits) => `${value.toFixed(digits)} (${lo === null ? "no interval" : `${lo.toFixed(digits)} to ${hi.toFixed(digits)}`})`;

/* Shells as steps; beyond the last there is nothing. */
function radial_chart(title, radial, label, guides) {
  const { width, value, lo, hi } = radial;
  const n = value.length;
  const x = [...value.map((_, i) => i * width), n * width, n * width * 1.25];
  const beyond = (values) => [...values, 0, 0];
  const band = [...lo, ...hi].some((end) => end === null) ? null : [beyond(lo), beyond(hi)];
  return chart({ title, x, x_label: "distance r (length)", x_name: "r", y_label: label, is_stepped: true, words_of_x: (i) => (i < n ? `${brief(i * width)} to ${brief((i + 1) * width)}` : `beyond ${brief(n * width)}`),
    lines: [{ label, colour: colour("field"), values: beyond(value), band, width: 3 }], guides });
}

function draw_law() {
  const law = data.models.law;
  if (law === null) {
    at("law").append(make("p", { class: "note" }, "There is no field model beside these runs: rom.field was off, or nothing could be learned from their tracks (train says why)."));
    return;
  }
  const radius = data.origin.config && data.origin.config.params && data.origin.config.params.R;
  const driving = law.force_kind === "driving";
  const turn = law.force_kind === "steering" ? "normalised ( K∗P / |K∗P| + μ F / |F| )" : "K∗P / |K∗P|";
  at("law").append(make("p", {}, "The field model moves the density ρ and the momentum P by a law learned from the tracks of the training runs:"),
    make("p", { class: "equation" }, `∂ρ/∂t + ∇·( c s d ρ ) = 0,   d = ${turn}${driving ? ",   s = |v + f∗ρ|" : ""}`),
    make("p", { class: "note" }, "d is the direction of the neighbours' momentum, weighted by their distance with K(r) (∗ is a convolution); c is the share of the speed s that noise leaves. In brackets: 95 % intervals."),
    make("ul", { class: "numbers" },
      make("li", {}, make("span", {}, "neighbours to "), make("b", {}, law.alignment.value.length > 1 ? with_interval(law.edge, 3) : `${law.edge[0].toPrecision(2)}: the tracks tell of none farther away; where all are aligned anyway, they cannot`)),
      make("li", {}, make("span", {}, "speed s "), make("b", {}, with_interval(law.speed, 4))),
      make("li", {}, make("span", {}, "order c "), make("b", {}, with_interval(law.order, 4))),
      law.force_kind === "steering" ? make("li", {}, make("span", {}, "steering μ "), make("b", {}, with_interval(law.steering, 3))) : null,
      make("li", {}, make("span", {}, "from "), make("b", {}, `${law.n_transitions} transitions of ${law.n_runs} runs`))));
  const guides = [{ x: law.edge[0], label: `edge of K: ${brief(law.edge[0])}`, colour: "var(--quiet)", dash: [8, 4] }];
  if (typeof radius === "number" && !data.origin.is_recorded) guides.push({ x: radius, label: `radius of the simulation: ${brief(radius)}`, colour: "var(--text)", dash: [2, 3] });
  at("kernel").append(radial_chart("Alignment with a neighbour, against its distance", law.alignment, "K(r)", guides));
  if (law.force !== null) at("force").append(radial_chart("Force of a neighbour (positive: away)", law.force, "f(r)", []));
}

/* Eigenvalues of one model that are equal, or conjugate, as one row with their number. The file has six digits. */
function distinct_eigenvalues(rows) {
  const distinct = [];
  for (const row of rows) {
    const near = (a, b) => Math.abs(a - b) <= 2e-5 * (row.modulus ?? 0);
    const same = distinct.find((one) => one.model === row.model && near(one.real, row.real) && near(Math.abs(one.imaginary), Math.abs(row.imaginary)));
    if (same === undefined) distinct.push({ ...row, n: 1, is_pair: false });
    else {
      same.n++;
      same.is_pair ||= same.imaginary * row.imaginary < 0;
    }
  }
  return distinct;
}

const plus_or_minus = (row, text) => (row.is_pair ? `±${text.replace(/^[+−]/, "")}` : text);
const words_of_eigenvalue = (row) => `${row.model === "selected" ? "chosen" : row.model}: ${brief(row.real)} ${row.is_pair ? "±" : row.imaginary < 0 ? "−" : "+"} ${brief(Math.abs(row.imaginary))} i${row.n > 1 ? `, ×\u00a0${row.n}` : ""}
|z| = ${brief(row.modulus)}\ngrowth rate ${brief(row.growth_rate)}, frequency ${plus_or_minus(row, brief(row.frequency))}`;

/* Round numbers from lo to hi, four to eight. */
function round_ticks(lo, hi) {
  const rough = (hi - lo) / 7;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((one) => one * power >= rough * 0.999) * power;
  return Array.from({ length: Math.floor(hi / step) - Math.ceil(lo / step) + 1 }, (_, i) => Number(((Math.ceil(lo / step) + i) * step).toPrecision(6)));
}

/* The complex plane with axes, which can be moved and zoomed: `look(x, y, half)` shows the square around a point. */
function complex_plane(rows, colour_of, extent) {
  const [left, top, side] = [56, 8, 416];
  const dots = rows.flatMap((row) => (row.is_pair ? [1, -1] : [1]).map((sign) =>
    tip(make("circle", { cx: row.real, cy: -sign * row.imaginary, fill: colour_of(row), "fill-opacity": 0.75 }), words_of_eigenvalue(row))));
  const inside = make("svg", { x: left, y: top, width: side, height: side }, make("circle", { class: "axis", r: 1, fill: "none", "vector-effect": "non-scaling-stroke" }), ...dots);
  const axes = make("g", {});
  const picture = make("svg", { viewBox: "0 0 480 476", width: "100%", style: "max-width: 30rem; touch-action: none", role: "img", "aria-label": "Leading eigenvalues in the complex plane with the unit circle; the numbers are in the table" },
    axes, inside, make("rect", { class: "axis", x: left, y: top, width: side, height: side, fill: "none" }),
    make("text", { class: "quiet", x: left + side / 2, y: 472, "text-anchor": "middle" }, "real part"),
    make("text", { class: "quiet", x: 0, y: 0, transform: `translate(13 ${top + side / 2}) rotate(-90)`, "text-anchor": "middle" }, "imaginary part"));
  let [x, y, half] = [0, 0, extent];
  function look(to_x, to_y, to_half) {
    [x, y, half] = [to_x, to_y, Math.max(0.02, Math.min(extent, to_half))];
    inside.setAttribute("viewBox", `${x - half} ${-y - half} ${2 * half} ${2 * half}`);
    for (const dot of dots) dot.setAttribute("r", half * 0.02);
    const place = (offset) => side * (offset + half) / (2 * half);
    axes.replaceChildren(...round_ticks(x - half, x + half).flatMap((value) => {
      const at_x = left + place(value - x);
      return [make("line", { class: "rule", x1: at_x, x2: at_x, y1: top, y2: top + side + 5 }), make("text", { class: "quiet", x: at_x, y: top + side + 20, "text-anchor": "middle" }, brief(value))];
    }), ...round_ticks(y - half, y + half).flatMap((value) => {
      const at_y = top + place(y - value);
      return [make("line", { class: "rule", x1: left - 5, x2: left + side, y1: at_y, y2: at_y }), make("text", { class: "quiet", x: left - 8, y: at_y + 4, "text-anchor": "end" }, brief(value))];
    }));
  }
  const zoom = (factor) => look(x, y, half * factor);
  picture.addEventListener("wheel", (event) => { event.preventDefault(); zoom(event.deltaY > 0 ? 1.2 : 1 / 1.2); }, { passive: false });
  picture.addEventListener("pointermove", (event) => {
    if (event.buttons !== 1) return;
    const unit = 2 * half * 480 / (side * picture.clientWidth);
    look(x - event.movementX * unit, y + event.movementY * unit, half);
  });
  look(x, y, half);
  return { picture, look, zoom };
}

function draw_eigenvalues() {
  const rows = distinct_eigenvalues(table("eigenvalues"));
  const radii = [["specified", data.models.specified], ["chosen", data.models.selected]].filter(([, model]) => model !== null && model.spectral_radius !== null);
  at("stability").append(radii.length === 0 ? "The files of the models do not say their spectral radius."
    : radii.map(([name, model]) => `The ${name} model has spectral radius ${brief(model.spectral_radius)}: ${model.spectral_radius > 1 + 1e-9 ? `it grows by ${show(100 * (model.spectral_radius - 1), 2)} % a frame in a closed loop` : "it is stable"}.`).join(" "));
  if (rows.length === 0) return;
  const keys = { specified: "all_runs", selected: "selected" };
  const extent = 1.15 * Math.max(1, ...rows.map((row) => row.modulus ?? 0));
  const { picture, look, zoom } = complex_plane(rows, (row) => colour(keys[row.model]), extent);
  const button = (label, title, action) => make("button", { type: "button", title, "aria-label": title, onclick: action }, label);
  const named = [...new Set(rows.map((row) => row.model))];
  at("eigenvalues").append(make("div", { class: "legend" }, ...named.map((name) => make("span", {}, make("span", { class: "swatch", style: `background: ${colour(keys[name])}` }), ` ${name === "selected" ? "chosen" : name} model`))),
    picture, make("div", { class: "controls" },
    button("+", "Zoom in", () => zoom(1 / 1.5)), button("−", "Zoom out", () => zoom(1.5)),
    button("→ 1", "Where motion is slow: around 1", () => look(1, 0, 0.2)),
    button("whole", "The whole plane", () => look(0, 0, extent))),
    make("figcaption", {}, "Leading eigenvalues z in the complex plane and the unit circle. Outside it a motion grows from frame to frame; the angle is its turn. Wheel, buttons and dragging move the picture."));
  at("growth").append(grid("Leading eigenvalues, growth per time unit and cycles per time unit; × is how many are equal or conjugate", [
    { label: "model", text: true, value: (row) => (row.model === "selected" ? "chosen" : row.model) }, { label: "×", value: (row) => `×\u00a0${row.n}` },
    { label: "|z|", value: (row) => show(row.modulus, 4) }, { label: "growth rate", value: (row) => show(row.growth_rate, 4, true) }, { label: "frequency", value: (row) => plus_or_minus(row, show(row.frequency, 4, true)) }], rows));
}

/* Words of selection.csv as the figure selection has them. */
const basis_names = { pod: "POD", fourier: "Fourier" };
const state_names = { momentum: "density and momentum", nematic: "density with momentum and nematic tensor" };

/* The best candidate at each number of modes, in the looks of the figure: colours are the state's, strokes the basis's. */
function families_of(candidates, x) {
  const lines = [];
  for (const basis of new Set(["pod", "fourier", ...candidates.map((one) => one.basis)])) {
    ["density", "momentum", "nematic"].forEach((state, i) => {
      const family = candidates.filter((one) => one.basis === basis && one.state === state).sort((a, b) => a.cv_r2 - b.cv_r2);
      if (family.length === 0) return;
      const best = new Map(family.map((one) => [one.n_modes, one]));
      const values = (sign) => x.map((n) => (best.has(n) ? best.get(n).cv_r2 + sign * best.get(n).standard_error : null));
      lines.push({ label: `${basis_names[basis] ?? basis}: ${state_names[state] ?? state}`, colour: line_colour(i), dash: basis === "pod" ? [8, 4] : [], points: true, spans: true, values: values(0), band: [values(-1), values(1)] });
    });
  }
  return lines;
}

function draw_selection() {
  const rows = table("selection").filter((row) => typeof row.cv_r2 === "number");
  if (rows.length === 0) return;
  const x = [...new Set(rows.map((row) => row.n_modes))].sort((a, b) => a - b);
  const [best, chosen] = [rows.find((row) => row.is_best === 1), rows.find((row) => row.is_chosen === 1)];
  const dot = (row, what, look) => ({ x: row.n_modes, y: row.cv_r2, label: `${what}: r² ${show(row.cv_r2)}, ${row.n_modes} modes, lag ${row.lag}, ridge ${brief(row.ridge_alpha)}`, ...look });
  const dots = [...(best ? [dot(best, "best", { colour: "var(--text)", radius: 4 })] : []), ...(chosen ? [dot(chosen, "chosen", { colour: colour("selected"), radius: 5 })] : [])];
  const guides = best ? [{ y: best.cv_r2 - best.standard_error, label: "one standard error below the best: the simplest above it is chosen", colour: "var(--quiet)", dash: [8, 4] }] : [];
  const top = best ? best.cv_r2 : Math.max(...rows.map((row) => row.cv_r2));
  at("selection").append(make("h3", {}, "How the chosen model was chosen"),
    make("p", { class: "note" }, `${table("selection").length} candidates were rolled out on training runs that they were not fitted to; the simplest one within one standard error of the best was taken.`),
    chart({ title: "r² on held-out training runs: the best lag and penalty at each number of modes, and one standard error", x, x_label: "modes of the density", x_name: "modes", y_label: "r² of held-out runs, closed loop",
      lines: families_of(rows, x), dots, guides, range: [Math.min(-0.2, top - 0.2), Math.max(1, top)], x_range: [0, 1.05 * x[x.length - 1]], height: 340 }));
}

/* --- ensemble and origin --- */

function list_facts() {
  const config = data.origin.config || {};
  const facts = [];
  const add = (name, value) => { if (value !== undefined && value !== null) facts.push([name, value]); };
  const get = (section, key) => (config[section] || {})[key];
  add("test runs", data.headline.n_runs);
  add("training runs", get("ensemble", "n_train"));
  add("agents", get("sim", "N"));
  add("box", get("sim", "Lx") !== undefined ? `${brief(get("sim", "Lx"))} × ${brief(get("sim", "Ly"))}, ${get("sim", "bc")}` : undefined);
  add("time step", get("sim", "dt"));
  add("end of a run", get("sim", "T"));
  if (!data.origin.is_recorded) {
    add("model", get("model", "type"));
    add("speed", get("model", "speed"));
    add("radius R", get("params", "R"));
    add("noise η", get("noise", "eta") !== undefined ? `${get("noise", "eta")}, ${get("noise", "kind")}` : undefined);
    add("forces", get("forces", "enabled") === undefined ? undefined : get("forces", "enabled") ? "on" : "off");
  }
  add("cells", get("density", "nx") !== undefined ? `${get("density", "nx")} × ${get("density", "ny")}` : undefined);
  add("kernel, cells", get("density", "bandwidth"));
  at("facts").append(make("dl", { class: "facts" }, ...facts.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, String(value))))));
  at("config").textContent = data.origin.config_text || JSON.stringify(config, null, 2);
}

function copyable(text) {
  const button = make("button", { type: "button", class: "reset", onclick: async () => {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(block);
      button.textContent = "selected";
    }
  } }, "copy");
  const block = make("pre", { tabindex: 0 }, text);
  return make("div", {}, block, button);
}

function list_origin() {
  const rows = [["test runs", data.origin.test], ["models", data.origin.training], ["this page", data.origin.page]].filter(([, value]) => value);
  const value_of = (key) => ([, provenance]) => String(provenance[key] ?? "–");
  at("provenance").append(grid(`Configuration ${data.origin.config_hash || "unknown"}`, [
    { label: "what", text: true, value: ([name]) => name }, { label: "version", text: true, value: value_of("version") }, { label: "revision", text: true, value: value_of("revision") },
    { label: "build", text: true, value: value_of("build") }, { label: "made", text: true, value: value_of("end_time") }], rows));
  const commands = data.origin.is_recorded
    ? ["# import the recordings again as before, into DIR, then", "flockcast train --train_dir DIR/training --output_dir DIR/models", "flockcast local --oscar_dir DIR"]
    : ["# config.yml is the configuration above, or the file beside the data", "flockcast run --config config.yml"];
  at("again").append(copyable(commands.join("\n")));
}

function list_files() {
  const add = (path, what) => at("files").append(make("li", {}, make("a", { href: path }, path), ` ${what}`));
  add("plots/summary.pdf", "everything on one page");
  for (const model of models) add(`metrics_${model.key}.csv`, `scores of every run, ${model.name}`);
  add("r2_by_lead.csv", "r² against lead time");
  add("plots/", "figures");
  for (const name of Object.keys(data.videos)) {
    const run = data.runs.find((one) => one.name === name);
    add(`best_runs/${run.type}/density_truth_vs_pred.mp4`, `film of ${name}`);
  }
}
