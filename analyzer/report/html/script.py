"""What a page does on clicks and keys. Without it everything can be read; what needs it is hidden."""

SCRIPT = """
"use strict";
(() => {
  const all = (what, within = document) => [...within.querySelectorAll(what)];
  const items = all("[data-verdict]");
  const words = new Map(items.map((item) => [item, item.textContent.toLowerCase()]));
  const chosen = { verdict: new Set(), surface: new Set(), blocked: new Set() };
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  if (!search) return; // nothing changed
  document.documentElement.classList.add("js");

  const fits = (item, kind) =>
    !chosen[kind].size || item.dataset[kind].split(" ").some((value) => chosen[kind].has(value));
  const filter = () => {
    const wanted = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    for (const item of items)
      item.hidden = !(Object.keys(chosen).every((kind) => fits(item, kind)) &&
        wanted.every((word) => words.get(item).includes(word)));
    const cards = all("#changes > [data-verdict]");
    shown.value = `${cards.filter((card) => !card.hidden).length} of ${cards.length} changes`;
  };

  const reset = () => {
    search.value = "";
    for (const kind in chosen) chosen[kind].clear();
    for (const button of all("[data-set]")) button.setAttribute("aria-pressed", "false");
    filter();
  };

  const step = (by) => {
    const cards = all("#changes > [data-verdict]").filter((card) => !card.hidden);
    const at = cards.indexOf(document.activeElement.closest("#changes > [data-verdict]"));
    const next = cards[Math.min(cards.length - 1, Math.max(0, at + by))];
    if (next) { next.focus({ preventScroll: true }); next.scrollIntoView({ block: "start" }); }
  };

  const light = (event, on) => {
    const lit = event.target.closest("[data-edit]");
    if (!lit) return;
    for (const line of all(`svg [data-edit~="${lit.dataset.edit.split(" ")[0]}"]`)) line.classList.toggle("lit", on);
  };

  // Copying through a field works from file: too, where the clipboard of some browsers does not.
  const copy = (button) => {
    const field = document.createElement("textarea");
    field.value = button.dataset.copy;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    button.focus();
    button.textContent = done ? "copied" : "not copied";
    setTimeout(() => { button.textContent = "copy"; }, 1500);
  };

  document.addEventListener("click", (event) => {
    // Where a link leads is shown, whatever the filters hide and whatever is folded.
    const link = event.target.closest("a");
    const target = link && document.querySelector(link.getAttribute("href"));
    if (target && target.hidden) reset();
    if (target && target.tagName === "DETAILS") target.open = true;
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.copy) copy(button);
    if (button.id === "reset") reset();
    if (button.dataset.set) {
      const values = chosen[button.dataset.set];
      const on = !values.has(button.dataset.value);
      values[on ? "add" : "delete"](button.dataset.value);
      button.setAttribute("aria-pressed", String(on));
      filter();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") reset();
    else if (event.target.matches("input")) return;
    else if (event.key === "/") { event.preventDefault(); search.focus(); }
    else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
  });
  document.addEventListener("pointerover", (event) => light(event, true));
  document.addEventListener("pointerout", (event) => light(event, false));
  // On a narrow screen the picture begins with what changed, which is in its middle or at its right.
  for (const box of all(".picture")) {
    const change = box.querySelector(".change");
    const seen = box.getBoundingClientRect();
    const at = change.getBoundingClientRect();
    if (at.right > seen.right) box.scrollLeft += at.left + at.width / 2 - seen.left - seen.width / 2;
  }
  search.addEventListener("input", filter);
  filter();
})();
"""
