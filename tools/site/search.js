// Search over the titles of all pages and sections and the names of the library. Without it every page reads the same.
"use strict";
const box = document.querySelector("search");
const query = document.getElementById("query");
const hits = document.getElementById("hits");
box.hidden = false;
function look() {
  hits.textContent = "";
  const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return;
  const fits = ([title, page]) => words.every(word => `${title} ${page}`.toLowerCase().includes(word));
  const found = SEARCH_INDEX.filter(fits);
  const rank = ([title]) => (title.toLowerCase().startsWith(words[0]) ? 0 : 1);
  for (const [title, page, address] of found.sort((a, b) => rank(a) - rank(b)).slice(0, 20)) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    const where = document.createElement("small");
    link.href = address;
    link.textContent = title;
    where.textContent = page;
    link.append(where);
    item.append(link);
    hits.append(item);
  }
  if (found.length === 0) hits.append(Object.assign(document.createElement("li"), {textContent: "nothing found"}));
}
query.addEventListener("input", look);
document.addEventListener("keydown", event => {
  if (event.key === "Escape") { query.value = ""; look(); }
});
document.addEventListener("click", event => { if (!box.contains(event.target)) hits.textContent = ""; });
