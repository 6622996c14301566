/* What somebody sees and does on the results page. PAGES: the directory in which test_page.sh made some. */
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";

const pages = process.env.PAGES;
const switches = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
let browser;

before(async () => {
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: switches });
});
after(() => browser.close());

/* A page that says nothing on the console and asks nobody for anything. */
async function open(name, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  page.complaints = [];
  page.on("console", (message) => page.complaints.push(message.text()));
  page.on("pageerror", (error) => page.complaints.push(error.message));
  page.on("request", (request) => /^(data|blob):/.test(request.url()) || request.url() === `file://${pages}/${name}/index.html` || page.complaints.push(`asks for ${request.url()}`));
  await page.goto(`file://${pages}/${name}/index.html`);
  await page.locator("#run-detail h3").waitFor();
  return page;
}

async function close(page) {
  assert.deepEqual(page.complaints, []);
  await page.close();
}

function table(path) {
  const [head, ...rows] = readFileSync(`${pages}/${path}`, "utf8").trim().split("\n").map((line) => line.split(","));
  return rows.map((row) => Object.fromEntries(row.map((cell, i) => [head[i], cell])));
}

const column = (page, n) => page.locator(`#run-table tbody td:nth-child(${n})`).allTextContents();
const number = (text) => Number(text.replace("−", "-"));

test("the headline is the mean of the table beside the page", async () => {
  const page = await open("page");
  const rows = table("page/metrics_field.csv");
  const mean = rows.reduce((sum, row) => sum + Number(row.r2), 0) / rows.length;
  const verdict = await page.locator("#verdict").textContent();
  assert.ok(verdict.includes(`mean r² of ${mean >= 0 ? "+" : "−"}${Math.abs(mean).toFixed(3)}`), verdict);
  assert.match(verdict, /beats holding the last known frame/);
  await close(page);
});

test("columns sort both ways, by pointer and by keyboard", async () => {
  const page = await open("page");
  const falling = (await column(page, 3)).map(number);
  assert.deepEqual(falling, [...falling].sort((a, b) => b - a));
  await page.locator("#run-table thead th:nth-child(3) button").click();
  const rising = (await column(page, 3)).map(number);
  assert.deepEqual(rising, [...falling].reverse());
  assert.equal(await page.locator("#run-table thead th:nth-child(3)").getAttribute("aria-sort"), "ascending");
  await page.locator("#run-table thead th:nth-child(1) button").focus();
  await page.keyboard.press("Enter");
  const names = await column(page, 1);
  assert.deepEqual(names, [...names].sort());
  await close(page);
});

test("a run is chosen by a click, a key, a rank or the address", async () => {
  const page = await open("page");
  const rows = table("page/metrics_field.csv").sort((a, b) => Number(b.r2) - Number(a.r2));
  const title = () => page.locator("#run-detail h3").textContent();
  assert.ok((await title()).startsWith(rows[Math.floor(rows.length / 2)].run_name), "the median one at first");
  for (const [button, row] of [["best", rows[0]], ["worst", rows[rows.length - 1]]]) {
    await page.getByRole("button", { name: button, exact: true }).click();
    await page.locator("#run-detail h3", { hasText: row.run_name }).waitFor();
    assert.equal(await page.locator('tr[aria-current="true"]').getAttribute("data-run"), row.run_name);
  }
  await page.getByRole("button", { name: "test_003", exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.locator("#run-detail h3", { hasText: "test_003" }).waitFor();
  await page.goto(`${page.url().split("#")[0]}#test_005`);
  await page.reload();
  await page.locator("#run-detail h3", { hasText: "test_005" }).waitFor();
  await page.getByLabel("Type", { exact: true }).selectOption("ring");
  assert.equal((await column(page, 1)).length, rows.filter((row) => row.ic_type === "ring").length);
  await close(page);
});

test("the film of every run plays, and shows what the files hold", async () => {
  const page = await open("page");
  for (const row of table("page/metrics_field.csv")) {
    await page.getByRole("button", { name: row.run_name, exact: true }).click();
    await page.locator(`.player[aria-label="Film of ${row.run_name}"]`).waitFor();
    const shades = await page.locator("canvas.forecast").evaluate((canvas) => new Set(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data).size);
    assert.ok(shades > 20, `${row.run_name}: ${shades} shades`);
  }
  const slider = page.getByRole("slider", { name: "Frame" });
  const first = Number(await slider.inputValue());
  await page.getByRole("button", { name: "play" }).click();
  await page.waitForFunction((from) => Number(document.querySelector('input[type="range"]').value) > from + 3, first);
  await page.getByRole("button", { name: "pause" }).click();
  await slider.focus();
  await page.keyboard.press("Home");
  assert.match(await page.locator(".player output").textContent(), /^t = 0, known$/);
  await page.keyboard.press("End");
  assert.match(await page.locator(".player output").textContent(), /forecast$/);
  await page.locator("canvas.truth").hover();
  assert.match(await page.locator(".player p.note").textContent(), /^At x = .*truth .*forecast /);
  await close(page);
});

test("the encoded film of a best run plays in place", async () => {
  const page = await open("page");
  await page.getByRole("button", { name: "best", exact: true }).click();
  await page.getByText("The film as it was encoded").click();
  const video = page.locator("video");
  await video.evaluate((element) => element.play());
  await page.waitForFunction(() => document.querySelector("video").currentTime > 0.1);
  assert.ok(await video.evaluate((element) => element.videoWidth > 100));
  await close(page);
});

test("a chart answers to the pointer, to keys and to dragging, and tells its numbers", async () => {
  const page = await open("page");
  const chart = page.locator("#lead-chart");
  const plot = chart.locator(".u-over");
  await plot.scrollIntoViewIfNeeded();
  await plot.hover();
  assert.match(await chart.locator(".head output").textContent(), /^lead = /);
  await chart.locator(".plot").focus();
  await page.keyboard.press("End");
  const rows = table("page/r2_by_lead.csv").filter((row) => row.model === "field");
  const last = Number(rows[rows.length - 1].r2_median);
  assert.ok(Math.abs(number(await chart.locator(".legend button", { hasText: "field model" }).locator("output").textContent()) - last) < 1e-3);
  const place = await plot.boundingBox();
  await page.mouse.move(place.x + place.width * 0.3, place.y + 50);
  await page.mouse.down();
  await page.mouse.move(place.x + place.width * 0.6, place.y + 60, { steps: 5 });
  await page.mouse.up();
  const reset = chart.getByRole("button", { name: "whole range" });
  await reset.click();
  assert.equal(await reset.isHidden(), true);
  await chart.locator("summary").click();
  await chart.locator("tbody tr").first().waitFor();
  assert.equal(await chart.locator("tbody tr").count(), rows.length);
  const toggle = chart.locator(".legend button").first();
  await toggle.click();
  assert.equal(await toggle.getAttribute("aria-pressed"), "false");
  await close(page);
});

test("light, dark, phone and paper", async () => {
  for (const [width, scheme] of [[1600, "light"], [1280, "dark"], [390, "light"], [320, "dark"]]) {
    const page = await open("page", { viewport: { width, height: 800 }, colorScheme: scheme });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `wider than ${width}`);
    const [text, ground] = await page.evaluate(() => ["color", "backgroundColor"].map((name) => getComputedStyle(document.body)[name].match(/\d+/g).reduce((sum, value) => sum + Number(value), 0)));
    assert.ok(scheme === "dark" ? text > ground + 300 : ground > text + 300, `${scheme}: ${text} on ${ground}`);
    await page.locator("#theme").click();
    await page.locator("#theme").click();
    assert.equal(await page.locator("#theme").textContent(), "Theme: dark");
    await close(page);
  }
});

test("the table of runs shows all its columns beside the film, and stays in sight", async () => {
  for (const width of [1280, 1440]) {
    const page = await open("page", { viewport: { width, height: 900 } });
    const [all, seen] = await page.locator("#run-table").evaluate((list) => [list.scrollWidth, list.clientWidth]);
    assert.ok(all <= seen, `${all} of ${seen} pixels at ${width}`);
    const named = await page.locator("#run-table").evaluate((list) => list.querySelectorAll("th").length + (list.querySelector("caption").textContent.match(/In every run: (.*)\./)?.[1].split(", ").length ?? 0));
    assert.equal(named, 10, "what is not a column is said above");
    await page.locator("#run-detail .chart").last().scrollIntoViewIfNeeded();
    const { top, bottom } = await page.locator("#run-table").evaluate((list) => list.getBoundingClientRect().toJSON());
    assert.ok(Math.min(bottom, 900) - Math.max(top, 0) > 150, `the list is from ${top} to ${bottom} beside the last chart`);
    await close(page);
  }
});

test("eigenvalues have axes, and equal ones are one row with their number", async () => {
  const page = await open("page");
  const rows = table("data/models/eigenvalues.csv");
  const listed = await page.locator("#growth tbody tr").evaluateAll((list) => list.map((row) => [...row.cells].map((cell) => cell.textContent)));
  assert.equal(listed.reduce((sum, cells) => sum + Number(cells[1].replace(/\D/g, "")), 0), rows.length);
  const parts = ["model", "real", "modulus"];
  assert.equal(listed.length, new Set(rows.map((row) => parts.map((name) => row[name]).join())).size);
  assert.ok(listed.length < rows.length);
  const ticks = async () => (await page.locator("#eigenvalues svg text").allTextContents()).filter((text) => !/part/.test(text)).map(number);
  const whole = await ticks();
  assert.ok(whole.length >= 8 && whole.every(Number.isFinite) && whole.includes(1) && whole.includes(-1), String(whole));
  await page.getByRole("button", { name: "Where motion is slow: around 1" }).click();
  const near = await ticks();
  assert.ok(near.length >= 8 && near.includes(1) && !near.includes(-1), String(near));
  await close(page);
});

test("the search, the horizon and the law look as in the figures", async () => {
  const page = await open("page");
  const legend = (id) => page.locator(`${id} .legend > *`).evaluateAll((entries) => entries.map((entry) => ({
    label: entry.firstChild.nextSibling.textContent, colour: getComputedStyle(entry.querySelector("svg > :last-child")).stroke, dash: entry.querySelector("line")?.getAttribute("stroke-dasharray") ?? null,
  })));
  const search = await legend("#selection");
  for (const name of ["best", "chosen"]) {
    const [row] = table("page/plots/selection.csv").filter((one) => one.series === name);
    assert.ok(search.some(({ label }) => label.startsWith(`${name}: r² ${Number(row["r2 of held-out runs"]).toFixed(3)}, ${row.modes} modes`)), JSON.stringify(search));
  }
  const family = (name) => search.find(({ label }) => label === name);
  assert.ok(family("POD: density").dash);
  for (const state of ["density", "density and momentum", "density with momentum and nematic tensor"]) assert.equal(family(`Fourier: ${state}`).dash, null);
  assert.equal(family("POD: density").colour, family("Fourier: density").colour);
  assert.ok(search.some(({ label }) => /^one standard error below the best/.test(label)));
  assert.ok((await legend("#lead-chart")).some(({ label }) => /^(horizon: r² below 0.5|r² = 0.5: the horizon)/.test(label)));
  await page.locator("#kernel .plot").focus();
  await page.keyboard.press("Home");
  assert.match(await page.locator("#kernel .head output").textContent(), /^r = 0 to 0\.\d+$/);
  await page.keyboard.press("End");
  assert.match(await page.locator("#kernel .head output").textContent(), /^r = beyond /);
  assert.equal(await page.locator("#kernel .legend button output").textContent(), "0");
  await close(page);
});

test("on a phone a run that is tapped comes into view, its maps and what plays them at once", async () => {
  const page = await open("page", { viewport: { width: 390, height: 664 } });
  const name = "test_003";
  await page.getByRole("button", { name, exact: true }).click();
  await page.locator(`.player[aria-label="Film of ${name}"]`).waitFor();
  await page.waitForFunction(() => document.querySelector("#run-detail h3").getBoundingClientRect().top < innerHeight / 2);
  const places = await page.locator("#run-detail h3, .player .screens canvas, .player .controls > *").evaluateAll((elements) => elements.map((element) => element.getBoundingClientRect().toJSON()));
  const header = await page.locator(".top").evaluate((element) => element.getBoundingClientRect().bottom);
  assert.ok(places.length >= 8 && places.every(({ top, bottom }) => top >= header && bottom <= 664), JSON.stringify(places));
  const widths = await page.locator(".player .screens canvas").evaluateAll((canvases) => canvases.map((canvas) => Math.round(canvas.getBoundingClientRect().width)));
  assert.equal(new Set(widths).size, 1, `maps of ${widths}`);
  const next = page.getByRole("button", { name: "next" });
  for (const _ of [1, 2]) {
    const before = await page.locator("#run-title").textContent();
    const { y, height } = await next.boundingBox();
    assert.ok(y >= header && y + height <= 664, `the next run is called by a button at ${y}`);
    await next.click();
    await page.waitForFunction((title) => document.querySelector("#run-title").textContent !== title, before);
  }
  await close(page);
});

test("on paper nothing is cut, no colour is left out, and the screen is as before afterwards", async () => {
  const page = await open("page", { viewport: { width: 1440, height: 900 } });
  const widths = () => page.locator(".uplot canvas").evaluateAll((canvases) => canvases.map((canvas) => canvas.width));
  const on_screen = await widths();
  assert.ok(Math.max(...on_screen) > 1000);
  /* Laid out as the paper is while it is printed: A4 less 1 cm at each side is 718 pixels. */
  await page.evaluate(() => addEventListener("beforeprint", () => {
    const style = (selector, name) => [...document.querySelectorAll(selector)].map((element) => getComputedStyle(element)[name]);
    window.paper = {
      wide: [...document.querySelectorAll("main :is(canvas, svg, table, pre, p)")].filter((element) => element.getBoundingClientRect().right > 719).map((element) => element.outerHTML.slice(0, 80)),
      adjust: style(".swatch", "printColorAdjust"), after: style("h1, h2, h3, h4", "breakAfter"), charts: [...document.querySelectorAll(".uplot canvas")].map((canvas) => canvas.clientWidth),
    };
  }));
  const pdf = await page.pdf({ format: "A4", margin: { top: "1cm", bottom: "1cm", left: "1cm", right: "1cm" } });
  const paper = await page.evaluate(() => window.paper);
  assert.deepEqual(paper.wide, []);
  assert.equal(paper.charts.length, on_screen.length);
  assert.ok(Math.max(...paper.charts) > 650, "charts fill the width");
  assert.deepEqual([...new Set(paper.adjust)], ["exact"]);
  assert.deepEqual([...new Set(paper.after)], ["avoid"]);
  const sheets = pdf.toString("latin1").match(/\/Type \/Page\b/g).length;
  assert.ok(sheets >= 4 && sheets <= 6, `${sheets} sheets`);
  assert.deepEqual(await widths(), on_screen);
  await close(page);
});

test("everything has a name and a heading", async () => {
  const page = await open("page");
  const nameless = await page.evaluate(() => [...document.querySelectorAll("button, select, input, canvas[role], svg[role], video, [role=region]")]
    .filter((element) => !(element.getAttribute("aria-label") || element.textContent.trim() || element.closest("label") || element.tagName === "VIDEO")).map((element) => element.outerHTML.slice(0, 80)));
  assert.deepEqual(nameless, []);
  const levels = await page.evaluate(() => [...document.querySelectorAll("h1, h2, h3")].map((heading) => Number(heading.tagName[1])));
  assert.equal(levels.filter((level) => level === 1).length, 1);
  levels.reduce((last, level) => (assert.ok(level <= last + 1), level), 0);
  await close(page);
});

test("what files say is shown as text", async () => {
  const page = await open("page");
  assert.equal(await page.title(), "Forecast of a flock");
  assert.match(await page.locator("#config").textContent(), /<\/script><script>document\.title = "taken over"<\/script> <!-- & "quoted"/);
  await close(page);
});

test("one run, one forecast frame, one model", async () => {
  const page = await open("one_page");
  assert.match(await page.locator("#verdict").textContent(), /Over one unseen run, the specified model/);
  assert.match(await page.locator("#law").textContent(), /There is no field model/);
  await close(page);
});

test("forecasts that overflow are named", async () => {
  const page = await open("long_page");
  const overflown = table("long_page/metrics_all_runs.csv").filter((row) => !Number.isFinite(Number(row.r2)) || row.r2 === "inf" || row.r2 === "nan");
  assert.ok(overflown.length > 0, "the configuration no longer overflows");
  assert.match(await page.locator("#verdict").textContent(), /not finite/);
  await close(page);
});

test("small enough to mail", () => {
  const films = Object.values(JSON.parse(readFileSync(`${pages}/page/index.html`, "utf8").match(/id="data">(.*?)<\/script>/s)[1]).videos);
  const rest = statSync(`${pages}/page/index.html`).size - films.reduce((sum, film) => sum + film.length, 0);
  assert.ok(rest < 3e6, `${rest} bytes`);
});
