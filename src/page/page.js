/* Put everything in its place. */

const themes = ["auto", "light", "dark"];
let theme = "auto";

function set_theme(name) {
  theme = name;
  at("theme").textContent = `Theme: ${name}`;
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  redraw_charts();
}

at("theme").addEventListener("click", () => set_theme(themes[(themes.indexOf(theme) + 1) % themes.length]));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw_charts);

/* Paper is white and has a width of its own. Browsers tell no observer of it in time, so charts are fitted here. */
let before_print = "auto";
function set_paper(is_paper) {
  document.documentElement.classList.toggle("paper", is_paper);
  fit_charts();
}
addEventListener("beforeprint", () => {
  before_print = theme;
  set_paper(true);
  set_theme("light");
});
addEventListener("afterprint", () => {
  set_paper(false);
  set_theme(before_print);
});

/* The section that is read is marked above. */
function follow_sections() {
  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(entry.target.id).setAttribute("aria-current", "true");
    }
  }, { rootMargin: "-20% 0px -70% 0px" });
  for (const id of links.keys()) watcher.observe(at(id));
}

say_verdict();
say_setting();
draw_scores();
list_gains();
draw_leads();
draw_types();
draw_run_controls();
draw_run_table();
draw_basis();
draw_law();
draw_eigenvalues();
draw_selection();
list_facts();
list_origin();
list_files();
follow_sections();

/* The run that the address names, else the median one: the best alone flatters. */
const named = data.runs.findIndex((run) => `#${encodeURIComponent(run.name)}` === location.hash);
choose_run(named >= 0 ? named : ranked_run(0.5));
