/* The data of the page, and small tools that all its parts share. */

const data = JSON.parse(document.getElementById("data").textContent);

/* An element with attributes; children are elements or text, never HTML. */
function make(tag, attributes, ...children) {
  const names = ["svg", "g", "line", "rect", "circle", "path", "text", "title", "polygon"];
  const element = names.includes(tag) ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const at = (id) => document.getElementById(id);

/* A number as people read it; null is what JSON has for nan and inf. */
function show(value, digits = 3, signed = false) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  const size = Math.abs(value);
  const text = size !== 0 && (size >= 1e5 || size < 10 ** -(digits + 2)) ? value.toExponential(2) : value.toFixed(digits);
  return (signed && value >= 0 ? "+" : "") + text.replace("-", "−");
}
const signed = (value) => show(value, 3, true);

/* As many digits as tell numbers like this apart. */
function brief(value) {
  if (typeof value !== "number") return show(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  return size >= 1e5 || size < 1e-4 ? value.toExponential(2).replace("-", "−") : String(Number(value.toPrecision(4))).replace("-", "−");
}

const plain = (name) => name.replaceAll("_", " ");

/* A table as objects, one for every row. */
const tables = {};
function table(name) {
  if (!(name in tables)) {
    const rows = data.tables[name] || [];
    tables[name] = rows.slice(1).map((row) => Object.fromEntries(row.map((cell, i) => [rows[0][i], cell])));
  }
  return tables[name];
}

/* Models in the order in which they are shown, the best first. */
const models = [...data.headline.models].sort((a, b) => (b.r2[0] ?? -Infinity) - (a.r2[0] ?? -Infinity));
const shown = models.find((model) => model.key === data.headline.shown);
const lead_names = { all_runs: "specified", selected: "selected", field: "field" };
const metrics = (key) => table(`metrics_${key}`);
const types_of = (key) => table(`metrics_${key === "all_runs" ? "" : key + "_"}by_ic_type`);

/* Colours of things are variables of the style sheet, one value for a light page and one for a dark one. */
function add_colours() {
  const values = (k) => Object.entries(data.colours.things).map(([thing, pair]) => `--thing-${thing}: ${pair[k]};`).join(" ");
  document.head.append(make("style", {}, `:root { ${values(0)} } :root[data-theme="dark"] { ${values(1)} }
    @media (prefers-color-scheme: dark) { :root:not([data-theme="light"]) { ${values(1)} } }`));
}
add_colours();
const colour = (thing) => `var(--thing-${thing})`;
const line_colour = (i) => colour(`line${i}`);

/* Bytes of a deflated, base64 text. */
async function unpack(text) {
  const packed = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/* A hint beside the pointer or the focus. */
function tip(element, text) {
  const box = at("tip");
  const open = (x, y) => {
    box.textContent = text;
    box.hidden = false;
    box.style.left = Math.max(4, Math.min(x + 12, innerWidth - box.offsetWidth - 8)) + "px";
    box.style.top = Math.max(4, Math.min(y + 14, innerHeight - box.offsetHeight - 8)) + "px";
  };
  element.addEventListener("pointermove", (event) => open(event.clientX, event.clientY));
  element.addEventListener("pointerleave", () => (box.hidden = true));
  element.addEventListener("focus", () => {
    const place = element.getBoundingClientRect();
    open(place.right, place.top);
  });
  element.addEventListener("blur", () => (box.hidden = true));
  return element;
}

/* A table with a caption; columns are {label, value(row), text: bool, title}. */
function grid(caption, columns, rows) {
  return make("table", {}, caption ? make("caption", {}, make("span", {}, caption)) : null,
    make("thead", {}, make("tr", {}, ...columns.map((column) => make("th", { scope: "col", class: column.text ? "text" : null, title: column.title }, column.label)))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...columns.map((column) => make("td", { class: column.text ? "text" : null }, column.value(row)))))));
}

const percentile = (values, q) => {
  const sorted = values.filter((value) => value !== null).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const place = (sorted.length - 1) * q;
  const below = Math.floor(place);
  return sorted[below] + (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below]) * (place - below);
};
