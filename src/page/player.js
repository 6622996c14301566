/* The film of one run: truth, forecast and their difference, drawn from the bytes in the page. */

const rgb_cache = new Map();
function rgb_of(hex) {
  if (!rgb_cache.has(hex)) rgb_cache.set(hex, [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)).concat(255));
  return rgb_cache.get(hex);
}

/* Bytes as in src/cli/page_films.c: levels of the truth's largest value, and three that are off the scale. */
const LEVELS = 250;
const ABOVE = 252;
const NEGATIVE = 253;

const value_of_byte = (byte, top) => (byte <= LEVELS ? byte * top / LEVELS : byte === ABOVE ? top : byte === NEGATIVE ? 0 : null);
function words_of_byte(byte, top) {
  return byte <= LEVELS ? brief(byte * top / LEVELS) : byte === ABOVE ? `above ${brief(top)}` : byte === NEGATIVE ? "negative" : "not finite";
}

function density_colour(byte) {
  const map = data.colours.density;
  if (byte <= LEVELS) return rgb_of(map[Math.round(byte * 255 / LEVELS)]);
  return byte === ABOVE ? rgb_of(map[255]) : rgb_of(byte === NEGATIVE ? data.colours.negative : data.colours.not_finite);
}

/* The whole range of the difference is half that of the density. */
function difference_colour(forecast, truth) {
  const [a, b] = [value_of_byte(forecast, 1), value_of_byte(truth, 1)];
  if (a === null || b === null) return rgb_of(data.colours.not_finite);
  return rgb_of(data.colours.diverging[Math.round(127.5 + 127.5 * Math.max(-1, Math.min(1, 2 * (a - b))))]);
}

async function load_film(name) {
  const film = data.films[name];
  if (film === undefined) return null;
  const loaded = { ...film, truth: await unpack(film.truth), models: {} };
  for (const [key, text] of Object.entries(film.models)) loaded.models[key] = await unpack(text);
  loaded.agents = { n: film.agents.n, of: film.agents.of, bytes: await unpack(film.agents.bytes) };
  return loaded;
}

/* The cells of a screen into a canvas of as many pixels as it has on the glass; row 0 is at the bottom. */
function paint(canvas, film, colour_of) {
  const small = paint.small || (paint.small = document.createElement("canvas"));
  const { nx, ny } = film;
  small.width = nx;
  small.height = ny;
  const image = small.getContext("2d").createImageData(nx, ny);
  for (let i = 0; i < nx * ny; i++) {
    image.data.set(colour_of(i), 4 * ((ny - 1 - Math.floor(i / nx)) * nx + i % nx));
  }
  small.getContext("2d").putImageData(image, 0, 0);
  const width = Math.max(nx, Math.round(canvas.clientWidth * devicePixelRatio));
  const height = Math.round(width * data.basis.box_y / data.basis.box_x);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(small, 0, 0, width, height);
}

/* A dart for every agent, in the direction it moves. */
function paint_agents(canvas, film, frame) {
  const { n, bytes } = film.agents;
  const context = canvas.getContext("2d");
  const size = canvas.width / 42;
  context.fillStyle = "#ffffff";
  context.strokeStyle = "#000000";
  context.lineWidth = Math.max(1, size / 9);
  for (let k = 0; k < n; k++) {
    const i = 5 * (frame * n + k);
    const [column, row] = [bytes[i] + 256 * bytes[i + 1], bytes[i + 2] + 256 * bytes[i + 3]];
    if (column === 0xffff || row === 0xffff) continue;
    const angle = -bytes[i + 4] * 2 * Math.PI / 256;
    context.save();
    context.translate(canvas.width * column / 65534, canvas.height * (1 - row / 65534));
    context.rotate(angle);
    context.beginPath();
    context.moveTo(size * 0.6, 0);
    context.lineTo(-size * 0.4, size * 0.32);
    context.lineTo(-size * 0.2, 0);
    context.lineTo(-size * 0.4, -size * 0.32);
    context.closePath();
    context.stroke();
    context.fill();
    context.restore();
  }
}

function scale_of(film) {
  const bar = make("canvas", { width: 256, height: 1, "aria-hidden": "true" });
  const context = bar.getContext("2d");
  data.colours.density.forEach((hex, i) => { context.fillStyle = hex; context.fillRect(i, 0, 1, 1); });
  const flat = make("canvas", { width: 256, height: 1, "aria-hidden": "true" });
  const other = flat.getContext("2d");
  data.colours.diverging.forEach((hex, i) => { other.fillStyle = hex; other.fillRect(i, 0, 1, 1); });
  const swatch = (hex, words) => make("span", {}, make("span", { class: "swatch", style: `background: ${hex}` }), " ", words);
  const off = new Set();
  for (const bytes of Object.values(film.models)) for (const byte of bytes) if (byte > ABOVE) off.add(byte);
  return make("div", { class: "scale" }, make("span", {}, "0 ", bar, ` ${brief(film.top)} agents per unit area`),
    make("span", {}, `−${brief(film.top / 2)} `, flat, ` +${brief(film.top / 2)}`),
    off.has(NEGATIVE) ? swatch(data.colours.negative, "negative") : null, off.has(NEGATIVE + 1) ? swatch(data.colours.not_finite, "not finite") : null);
}

/* The player for a run that has a film; `film` as load_film gives it. */
function player(run, film) {
  const keys = models.map((model) => model.key).filter((key) => key in film.models);
  const name_of = (key) => models.find((model) => model.key === key).name;
  const cells = film.nx * film.ny;
  let [frame, key, timer, pointed] = [Math.min(film.n_known, film.n_frames - 1), keys[0], null, null];

  const screens = ["truth", "forecast", "difference"].map((name) => make("canvas", { class: name, role: "img", style: `aspect-ratio: ${data.basis.box_x} / ${data.basis.box_y}` }));
  const captions = screens.map(() => make("figcaption", {}));
  const play = make("button", { type: "button" }, "▶ play");
  const slider = make("input", { type: "range", min: 0, max: film.n_frames - 1, step: 1, "aria-label": "Frame" });
  const chooser = make("select", { "aria-label": "Model" }, ...keys.map((one) => make("option", { value: one }, name_of(one))));
  const agents = make("input", { type: "checkbox", checked: true });
  const clock = make("output", {});
  const reading = make("p", { class: "note" }, "Point at a map to read it.");

  const forecast_at = (i) => film.models[key][(frame - film.n_known) * cells + i];
  const truth_at = (i) => film.truth[frame * cells + i];

  function draw() {
    const is_known = frame < film.n_known;
    paint(screens[0], film, (i) => density_colour(truth_at(i)));
    paint(screens[1], film, (i) => density_colour(is_known ? truth_at(i) : forecast_at(i)));
    paint(screens[2], film, (i) => (is_known ? rgb_of(data.colours.diverging[127]) : difference_colour(forecast_at(i), truth_at(i))));
    if (agents.checked) paint_agents(screens[0], film, frame);
    captions[0].textContent = film.agents.n < film.agents.of ? `truth (${film.agents.n} of ${film.agents.of} agents)` : "truth";
    captions[1].textContent = is_known ? "given to the model" : name_of(key);
    captions[2].textContent = is_known ? "nothing forecast yet" : "forecast − truth";
    screens.forEach((screen, i) => screen.setAttribute("aria-label", `${captions[i].textContent}, t = ${brief(film.times[frame])}`));
    clock.textContent = `t = ${brief(film.times[frame])}, ${is_known ? "known" : "forecast"}`;
    slider.value = frame;
    slider.setAttribute("aria-valuetext", clock.textContent);
    read();
  }

  function read() {
    if (pointed === null) return;
    const [column, row] = pointed;
    const i = row * film.nx + column;
    const place = `x = ${brief((column + 0.5) * data.basis.box_x / film.nx)}, y = ${brief((row + 0.5) * data.basis.box_y / film.ny)}`;
    reading.textContent = `At ${place}: truth ${words_of_byte(truth_at(i), film.top)}` + (frame < film.n_known ? "." : `, forecast ${words_of_byte(forecast_at(i), film.top)}.`);
  }

  function stop() {
    clearInterval(timer);
    timer = null;
    play.textContent = "▶ play";
  }

  play.addEventListener("click", () => {
    if (timer !== null) return stop();
    if (frame === film.n_frames - 1) frame = 0;
    play.textContent = "❚❚ pause";
    timer = setInterval(() => {
      if (!play.isConnected || frame === film.n_frames - 1) return stop();
      frame++;
      draw();
    }, Math.max(60, Math.min(200, 6000 / film.n_frames)));
  });
  slider.addEventListener("input", () => { stop(); frame = Number(slider.value); draw(); });
  chooser.addEventListener("change", () => { key = chooser.value; draw(); });
  agents.addEventListener("change", draw);
  for (const screen of screens) {
    screen.addEventListener("pointermove", (event) => {
      const place = screen.getBoundingClientRect();
      const column = Math.floor(film.nx * (event.clientX - place.left) / place.width);
      const row = Math.floor(film.ny * (1 - (event.clientY - place.top) / place.height));
      pointed = [Math.max(0, Math.min(film.nx - 1, column)), Math.max(0, Math.min(film.ny - 1, row))];
      read();
    });
  }
  const element = make("div", { class: "player", role: "group", "aria-label": `Film of ${run.name}` },
    make("div", { class: "screens" }, ...screens.map((screen, i) => make("figure", {}, screen, captions[i]))),
    make("div", { class: "controls" }, play, slider, clock, keys.length > 1 ? chooser : null, make("label", {}, agents, " agents")), scale_of(film), reading);
  new ResizeObserver(() => element.isConnected && draw()).observe(screens[0]);
  return element;
}
