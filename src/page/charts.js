/* Lines against one axis, by uPlot: they answer to the pointer, to the arrow keys, and to dragging. */

const charts = [];
const is_on_paper = () => document.documentElement.classList.contains("paper");
const style_of = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/* What a variable is just now: a canvas knows no variables. */
const resolved = (variable) => style_of(variable.slice(4, -1));
const with_alpha = (hex, alpha) => hex + Math.round(255 * alpha).toString(16).padStart(2, "0");

/* Limits that one line running away cannot stretch: the middle 96 % of what is there, and what `always` says. */
function quiet_range(lines, always) {
  const values = lines.flatMap((line) => line.values).filter((value) => value !== null && Number.isFinite(value));
  const ends = [percentile(values, 0.02), percentile(values, 0.98), ...always].filter((value) => value !== null);
  const lo = Math.min(...ends);
  const hi = Math.max(...ends);
  const room = (hi - lo || 1) * 0.05;
  return [lo - room, hi + room];
}

function sample_of(line) {
  return make("svg", { width: 22, height: 10, "aria-hidden": "true" },
    line.band ? make("rect", { x: 0, y: 1, width: 22, height: 8, fill: line.colour, "fill-opacity": 0.2 }) : null,
    line.radius ? make("circle", { cx: 11, cy: 5, r: line.radius, fill: line.colour })
      : make("line", { x1: 1, x2: 21, y1: 5, y2: 5, stroke: line.colour, "stroke-width": 2.5, "stroke-dasharray": (line.dash || []).join(" ") || null }));
}

/* Lines can be hidden; what else is drawn is only named. */
function legend_of(plot, lines, indices, others) {
  const outputs = lines.map(() => make("output", {}));
  const buttons = lines.map((line, i) =>
    make("button", {
      type: "button", "aria-pressed": "true", title: "Show or hide",
      onclick: (event) => {
        const is_on = event.currentTarget.getAttribute("aria-pressed") !== "true";
        event.currentTarget.setAttribute("aria-pressed", is_on);
        for (const index of indices[i]) plot().setSeries(index, { show: is_on });
      },
    }, sample_of(line), line.label, outputs[i]));
  return { element: make("div", { class: "legend" }, ...buttons, ...others.map((one) => make("span", { class: "key" }, sample_of(one), one.label))), outputs };
}

const words_of_x = (options, i) => (options.words_of_x ? options.words_of_x(i) : brief(options.x[i]));

/* The same numbers for those who cannot see the picture, made when somebody asks. */
function numbers_of(options) {
  const details = make("details", {}, make("summary", {}, "Numbers"));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) {
      const columns = [{ label: options.x_label, value: (i) => words_of_x(options, i) },
        ...options.lines.map((line) => ({ label: line.label, value: (i) => brief(line.values[i]) }))];
      details.append(make("div", { class: "scroll list", tabindex: 0 }, grid(options.title, columns, options.x.map((_, i) => i))));
    }
  });
  return details;
}

/* options: {title, x, x_label, y_label, lines: [{label, values, colour, dash, width, band: [lo, hi]}], range, x_range, log, known: [from, to],
 * guides: [{x or y, label, colour, dash}], dots: [{x, y, label, colour, radius}], height,
 * is_stepped: a value holds from its x to the next, words_of_x(i)}. Returns the element. */
function chart(options) {
  const series = [{}];
  const columns = [options.x];
  const bands = [];
  const [guides, dots] = [options.guides || [], options.dots || []];
  const shape = options.is_stepped ? { paths: uPlot.paths.stepped({ align: 1 }) } : {};
  const indices = options.lines.map((line) => {
    const own = [columns.length];
    series.push({ ...shape, label: line.label, stroke: () => resolved(line.colour), width: line.width || 2, dash: line.dash, spanGaps: line.spans === true,
      points: { show: options.x.length < 3 || line.points, size: 6, fill: () => resolved(line.colour) } });
    columns.push(line.values);
    if (line.band) {
      for (const edge of [line.band[1], line.band[0]]) {
        own.push(columns.length);
        series.push({ ...shape, spanGaps: line.spans === true, stroke: "transparent", width: 0, points: { show: false } });
        columns.push(edge);
      }
      bands.push({ series: [own[1], own[2]], fill: () => with_alpha(resolved(line.colour), 0.16) });
    }
    return own;
  });

  const wrapper = make("div", { class: "plot", tabindex: 0, role: "img", "aria-label": `${options.title}. Left and right keys move along it; the numbers are in a table below.` });
  const reset = make("button", { type: "button", class: "reset", hidden: true }, "whole range");
  let plot = null;
  const legend = legend_of(() => plot, options.lines, indices, [...dots, ...guides].filter((one) => one.label !== null));
  const place = make("output", {});
  const full = [options.x[0], options.x[options.x.length - 1]];
  const axis = { stroke: () => style_of("--quiet"), grid: { stroke: () => style_of("--line"), width: 1 }, ticks: { stroke: () => style_of("--line"), width: 1 }, font: "13px system-ui, sans-serif", labelFont: "13px system-ui, sans-serif" };

  /* The nearest point, or the step that the pointer is on. */
  function index_at(self) {
    const i = self.cursor.idx ?? null;
    return options.is_stepped && i > 0 && self.valToPos(options.x[i], "x") > self.cursor.left + 1 ? i - 1 : i;
  }

  function read_off(self) {
    const i = index_at(self);
    place.textContent = i === null ? "" : `${options.x_name || "t"} = ${words_of_x(options, i)}`;
    options.lines.forEach((line, k) => (legend.outputs[k].textContent = i === null ? "" : brief(line.values[i])));
  }

  function draw_behind(self) {
    const context = self.ctx;
    const { left, top, width, height } = self.bbox;
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    if (options.known) {
      const from = self.valToPos(options.known[0], "x", true);
      const to = self.valToPos(options.known[1], "x", true);
      context.fillStyle = style_of("--known");
      context.fillRect(from, top, to - from, height);
    }
    context.restore();
  }

  function draw_guide(self, guide) {
    const context = self.ctx;
    const { left, top, width, height } = self.bbox;
    const is_vertical = guide.x !== undefined;
    const at = self.valToPos(is_vertical ? guide.x : guide.y, is_vertical ? "x" : "y", true);
    context.strokeStyle = resolved(guide.colour);
    context.lineWidth = 1.5 * devicePixelRatio;
    context.setLineDash(guide.dash.map((length) => length * devicePixelRatio));
    context.beginPath();
    context.moveTo(is_vertical ? at : left, is_vertical ? top : at);
    context.lineTo(is_vertical ? at : left + width, is_vertical ? top + height : at);
    context.stroke();
  }

  function draw_dot(self, dot) {
    self.ctx.fillStyle = resolved(dot.colour);
    self.ctx.beginPath();
    self.ctx.arc(self.valToPos(dot.x, "x", true), self.valToPos(dot.y, "y", true), dot.radius * devicePixelRatio, 0, 2 * Math.PI);
    self.ctx.fill();
  }

  function draw_above(self) {
    const { left, top, width, height } = self.bbox;
    self.ctx.save();
    self.ctx.beginPath();
    self.ctx.rect(left, top, width, height);
    self.ctx.clip();
    for (const guide of guides) draw_guide(self, guide);
    for (const dot of dots) draw_dot(self, dot);
    self.ctx.restore();
  }

  const x_range = (self, lo, hi) => (options.x_range && lo <= full[0] && hi >= full[1] ? options.x_range : [lo, hi]);

  function build(width, height) {
    plot = new uPlot({
      width, height, series, bands, legend: { show: false },
      cursor: { drag: { x: true, y: false }, points: { size: 7, show: !options.is_stepped } },
      scales: { x: { time: false, range: x_range }, y: options.log ? { distr: 3 } : { range: options.range ? () => options.range : (self, lo, hi) => uPlot.rangeNum(lo, hi, 0.08, true) } },
      axes: [{ ...axis, label: options.x_label, labelSize: 22, size: 36 }, { ...axis, label: options.y_label, labelSize: 24, size: 54, values: (self, splits) => splits.map((value) => (value === null ? "" : brief(value))) }],
      hooks: {
        setCursor: [read_off], drawClear: [draw_behind], draw: [draw_above],
        setScale: [(self, key) => { if (key === "x") reset.hidden = self.scales.x.min <= full[0] && self.scales.x.max >= full[1]; }],
      },
    }, columns, wrapper);
  }

  reset.addEventListener("click", () => plot.setScale("x", { min: full[0], max: full[1] }));
  wrapper.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined || plot === null) return;
    event.preventDefault();
    const now = plot.cursor.idx ?? (step > 0 ? -1 : options.x.length);
    const next = Math.max(0, Math.min(options.x.length - 1, now + step));
    plot.setCursor({ left: plot.valToPos(options.x[next], "x"), top: plot.over.clientHeight / 2 });
  });
  function fit() {
    const width = Math.floor(wrapper.clientWidth);
    if (width < 40) return;
    const height = Math.round((options.height || 260) * (is_on_paper() ? 0.8 : 1));
    if (plot === null) build(width, height);
    else if (plot.width !== width || plot.height !== height) plot.setSize({ width, height });
  }
  new ResizeObserver(fit).observe(wrapper);
  charts.push({ is_there: () => wrapper.isConnected, fit, redraw: () => plot !== null && plot.redraw(false, true) });
  return make("div", { class: "chart" },
    make("div", { class: "head" }, make("h4", {}, options.title), place, reset), legend.element, wrapper, numbers_of(options));
}

/* Charts of runs that are not shown any more are let go. */
function charts_there() {
  charts.splice(0, charts.length, ...charts.filter((one) => one.is_there()));
  return charts;
}

const redraw_charts = () => charts_there().forEach((one) => one.redraw());
const fit_charts = () => charts_there().forEach((one) => one.fit());
