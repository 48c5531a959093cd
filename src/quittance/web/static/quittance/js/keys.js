// Lists by keyboard: j and k move, Enter opens, x selects, / searches.
import { isTyping } from "./onload.js";

const rows = () => [...document.querySelectorAll("[data-list] [data-row]")].filter((row) => row.offsetParent !== null);
const current = () => document.querySelector("[data-current-row]");

function move(step) {
  const all = rows();
  if (!all.length) return;
  const now = all.indexOf(current());
  const next = all[Math.max(0, Math.min(all.length - 1, now < 0 ? (step > 0 ? 0 : all.length - 1) : now + step))];
  current()?.removeAttribute("data-current-row");
  next.setAttribute("data-current-row", "");
  next.scrollIntoView({ block: "nearest" });
  (next.querySelector("a[data-open]") ?? next.querySelector("a"))?.focus({ preventScroll: true });
  if (!document.getElementById("panel")?.hidden) next.querySelector("a[data-panel-link]")?.click();
}

const deeds = {
  j: () => move(1),
  k: () => move(-1),
  x: () => current()?.querySelector("[data-pick]")?.click(),
  "/": () => document.querySelector("[data-list-search]")?.focus(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector("dialog:modal")) return;
  if (event.key === "Enter" && event.target === document.body) current()?.querySelector("a[data-open], a")?.click();
  const deed = deeds[event.key];
  if (!deed) return;
  event.preventDefault();
  deed();
});

// The row one clicks in is the current one.
document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("[data-list] [data-row]");
  if (!row || row === current()) return;
  current()?.removeAttribute("data-current-row");
  row.setAttribute("data-current-row", "");
});
