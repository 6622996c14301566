/* The table of all runs, and all there is to see of one of them. */

const scores_of = new Map(models.map((model) => [model.key, new Map(metrics(model.key).map((row) => [row.run_name, row]))]));
const score = (key, run, name) => scores_of.get(key).get(run.name)[name];

const names_of_run = [
  { label: "run", text: true, value: (run) => run.name, print: (run) => run.name },
  { label: "type", text: true, value: (run) => plain(run.type), print: (run) => plain(run.type) },
];
const scores_of_run = [
  ...models.map((model) => ({ label: `r² ${model.name.replace(" model", "")}`, key: model.key, name: "r2", print: signed })),
  { label: "r² persistence", name: "r2_persistence", print: signed },
  { label: "r² limit", name: "r2_pod", print: signed },
  { label: "median e₂", name: "median_e2", print: show },
  { label: "horizon", name: "horizon", print: (value) => show(value, 0) },
  { label: "mass error", name: "max_mass_error", print: (value) => (value < 1e-9 ? "0" : brief(value)) },
].map(({ label, key = shown.key, name, print }) => ({ label, value: (run) => score(key, run, name), print: (run) => print(score(key, run, name)) }));

/* What every run has the same is said once, above the table, and has no column. */
const is_same = (column) => data.runs.length > 1 && data.runs.every((run) => column.print(run) === column.print(data.runs[0]));
const run_columns = [...names_of_run, ...scores_of_run.filter((column) => !is_same(column))];
const same = scores_of_run.filter(is_same).map((column) => `${column.label} ${column.print(data.runs[0])}`);
const same_for_all = same.length > 0 ? ` In every run: ${same.join(", ")}.` : "";

const sorting = { column: 2, is_rising: false };
let [chosen_run, filter] = [null, ""];

/* What is not a number is always last. */
function compare_runs(a, b) {
  const { value } = run_columns[sorting.column];
  const [x, y] = [value(a), value(b)];
  if (x === null || y === null) return (x === null) - (y === null);
  const order = typeof x === "string" ? x.localeCompare(y, "en", { numeric: true }) : x - y;
  return sorting.is_rising ? order : -order;
}

const listed_runs = () => data.runs.filter((run) => filter === "" || run.type === filter).sort(compare_runs);

function draw_run_table() {
  const head = run_columns.map((column, i) => make("th", { scope: "col", class: column.text ? "text" : null, "aria-sort": i === sorting.column ? (sorting.is_rising ? "ascending" : "descending") : "none" },
    make("button", { type: "button", "data-column": i, onclick: () => {
      sorting.is_rising = i === sorting.column ? !sorting.is_rising : column.text === true;
      sorting.column = i;
      draw_run_table();
      at("run-table").querySelector(`[data-column="${i}"]`).focus();
    } }, column.label)));
  const body = listed_runs().map((run) => {
    const k = data.runs.indexOf(run);
    return make("tr", { class: "choose", "data-run": run.name, "aria-current": k === chosen_run ? "true" : null, onclick: () => visit_run(k) },
      ...run_columns.map((column, i) => make("td", { class: column.text ? "text" : null }, i === 0 ? make("button", { type: "button", class: "name" }, run.name) : column.print(run))));
  });
  const bar = at("run-table");
  const { scrollTop, scrollLeft } = bar;
  bar.replaceChildren(make("table", {}, make("caption", {}, make("span", {}, `${body.length} runs; a column's name sorts by it, a run shows its film and errors.${same_for_all}`)), make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body)));
  bar.scrollTo(scrollLeft, scrollTop);
}

/* The run of a rank among those listed, by the r² of the model that is shown: 0 best, 1 worst. */
function ranked_run(part) {
  const ranked = data.runs.filter((run) => filter === "" || run.type === filter)
    .sort((a, b) => (score(shown.key, b, "r2") ?? -Infinity) - (score(shown.key, a, "r2") ?? -Infinity));
  return data.runs.indexOf(ranked[part === 1 ? ranked.length - 1 : Math.floor(part * ranked.length)]);
}

function draw_run_controls() {
  const types = [...new Set(data.runs.map((run) => run.type))];
  const chooser = make("select", { "aria-label": "Type", onchange: (event) => { filter = event.target.value; draw_run_table(); } },
    make("option", { value: "" }, "all types"), ...types.map((type) => make("option", { value: type }, plain(type))));
  const step = (by) => {
    const rows = listed_runs();
    const place = rows.indexOf(data.runs[chosen_run]);
    visit_run(data.runs.indexOf(rows[(place + by + rows.length) % rows.length]));
  };
  at("run-controls").append(chooser, ...[["best", 0], ["median", 0.5], ["worst", 1]].map(([name, part]) => make("button", { type: "button", onclick: () => visit_run(ranked_run(part)) }, name)));
  at("run-steps").append(make("button", { type: "button", onclick: () => step(-1) }, "‹ previous"), make("button", { type: "button", onclick: () => step(1) }, "next ›"));
}

function error_chart(run) {
  const lines = models.map((model) => ({ label: model.name, colour: colour(model.key), values: run.models[model.key].e2, width: model === shown ? 3 : 2 })).reverse();
  lines.push({ label: "persistence", colour: colour("persistence"), dash: [8, 4], values: run.e2_persistence });
  const [, hi] = quiet_range(lines, [0]);
  return chart({ title: "Relative error e₂ of the density", x: run.times_forecast, x_label: "t", y_label: "e₂", lines, range: [0, Math.min(hi, 3)], height: 220 });
}

function r2_chart(run) {
  const lines = models.map((model) => ({ label: model.name, colour: colour(model.key), values: run.models[model.key].r2, width: model === shown ? 3 : 2 })).reverse();
  return chart({ title: "r² of single frames", x: run.times_forecast, x_label: "t", y_label: "r²", lines, range: [Math.max(-1, quiet_range(lines, [0])[0]), 1.04], height: 220 });
}

/* Order parameters of the truth, and the polarization that the field model forecasts with its 90 % interval. */
function order_chart(run) {
  const { order } = run;
  const lines = [["polarization", "polarization"], ["nematic", "nematic order"], ["angular_momentum", "angular momentum"]]
    .filter(([name]) => order[name] !== null)
    .map(([name, label], i) => ({ label, colour: line_colour(i), dash: [[], [8, 3], [2, 3]][i], values: order[name] }));
  if (order.forecast !== null) {
    const padded = (values) => [...Array(run.times.length - run.times_forecast.length).fill(null), ...values];
    const edge = (side) => padded(order.forecast.map((value, i) => (value === null || order.forecast_std === null || order.forecast_std[i] === null ? null : Math.max(0, Math.min(1, value + side * 1.645 * order.forecast_std[i])))));
    lines.push({ label: "polarization forecast", colour: colour("field"), values: padded(order.forecast), band: [edge(-1), edge(1)] });
  }
  if (lines.length === 0) return make("p", { class: "note" }, "There are no order parameters beside this run.");
  return chart({ title: "Order parameters", x: run.times, x_label: "t", y_label: "order parameter", lines, range: [0, 1.04], known: [run.times[0], run.times[Math.floor((run.n_known - 1) / run.step)]], height: 220 });
}

function numbers_of_run(run) {
  const item = (label, value) => make("li", {}, make("span", {}, `${label} `), make("b", {}, value));
  return make("ul", { class: "numbers" }, ...models.map((model) => item(`r² ${model.name}`, signed(score(model.key, run, "r2")))), item("persistence", signed(score(shown.key, run, "r2_persistence"))),
    item("projection limit", signed(score(shown.key, run, "r2_pod"))), run.seed >= 0 ? item("seed", String(run.seed)) : null);
}

async function choose_run(k) {
  const run = data.runs[k];
  if (run === undefined || k === chosen_run) return;
  chosen_run = k;
  for (const row of at("run-table").querySelectorAll("tbody tr")) {
    if (row.dataset.run === run.name) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
  history.replaceState(null, "", `#${encodeURIComponent(run.name)}`);
  const film = await load_film(run.name);
  if (k !== chosen_run) return;
  const video = data.videos[run.name];
  at("run-title").textContent = `${run.name}, ${plain(run.type)}`;
  at("run-body").replaceChildren(numbers_of_run(run),
    film === null ? make("p", { class: "note" }, `There are ${data.runs.length} runs, too many for a page to carry the films of all; ${Object.keys(data.films).length} have one, the best, median and worst of each type among them.`) : player(run, film),
    video ? make("details", {}, make("summary", {}, "The film as it was encoded (the best run of its type)"), make("video", { controls: true, loop: true, muted: true, playsinline: true, preload: "metadata", src: `data:video/mp4;base64,${video}` })) : "",
    error_chart(run), r2_chart(run), order_chart(run));
}

/* What somebody chose should be seen: on a phone the run stands below its table. */
async function visit_run(k) {
  await choose_run(k);
  if (at("run-detail").getBoundingClientRect().top > innerHeight / 2) at("run-detail").scrollIntoView();
}
