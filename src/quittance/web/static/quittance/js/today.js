// Today by keyboard: the keys written on the buttons of the card; rows come into focus without loading the page.
import { isTyping, onEach } from "./onload.js";

const card = () => document.getElementById("today-focus");
const keys = () => document.getElementById("today-keys");

onEach("[data-keys]", (button) => {
  button.hidden = false;
  button.addEventListener("click", () => keys()?.showModal());
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return;
  if (document.querySelector("dialog:modal") || event.target.closest?.("#panel")) return;
  if (event.key === "?") { event.preventDefault(); keys()?.showModal(); return; }
  if (event.key === "n") { const skip = document.querySelector("[data-queue-skip]"); if (skip) { skip.click(); return; } }
  const button = card()?.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!button) return;
  event.preventDefault();
  button.click();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-focus-link]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button || !card()) return;
  event.preventDefault();
  bring(link.href);
});

async function bring(href) {
  await window.htmx.ajax("GET", href, { target: "#today-focus", swap: "outerHTML" });
  history.replaceState(history.state, "", href);
  const list = document.getElementById("today");
  // When the list renews itself the same task stays in focus.
  list.setAttribute("hx-get", href);
  window.htmx.process(list);
  document.querySelector("[data-current-row]")?.removeAttribute("data-current-row");
  mark();
  if (card().getBoundingClientRect().top < 0) card().scrollIntoView({ block: "start" });
}

// The row of the task in focus is the current one, so that j and k go on from there.
function mark() {
  const id = card()?.dataset.task;
  document.querySelectorAll("#today [data-in-focus]").forEach((row) => row.removeAttribute("data-in-focus"));
  if (!id) return;
  const link = [...document.querySelectorAll("#table-today a[data-focus-link]")]
    .find((one) => new URL(one.href).searchParams.get("focus") === id);
  const row = link?.closest("[data-row]");
  if (!row) return;
  row.setAttribute("data-in-focus", "");
  if (!document.querySelector("[data-current-row]")) row.setAttribute("data-current-row", "");
}

onEach("#today", mark);
onEach("#table-today", mark);
