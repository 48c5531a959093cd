// The cash desk by keyboard: 1-9 choose an explanation, Enter accepts it; other keys press what names them.
import { isTyping } from "./onload.js";

const choices = () => [...document.querySelectorAll("[data-cash-choice]")];
const picked = () => document.querySelector("[data-cash-choice][data-picked]");

function choose(number) {
  const wanted = document.querySelector(`[data-cash-choice="${number}"]`);
  if (!wanted) return;
  choices().forEach((choice) => choice.toggleAttribute("data-picked", choice === wanted));
  wanted.scrollIntoView({ block: "nearest" });
  // Choosing an explanation gives it the Enter key back from the list.
  document.querySelector("[data-current-row]")?.removeAttribute("data-current-row");
  document.activeElement?.blur();
  show();
}

// What the chosen explanation read in the bank's text stands out from what others read.
function show() {
  const number = picked()?.dataset.cashChoice;
  document.querySelectorAll(".cash-text mark").forEach((mark) => {
    mark.toggleAttribute("data-chosen", (mark.dataset.by ?? "").split(" ").includes(number));
  });
  document.dispatchEvent(new CustomEvent("cash:chosen"));
}

// Change the chosen explanation: its items are picked, and the difference is treated as asked.
function change(way) {
  const link = picked()?.querySelector("[data-cash-change]");
  if (!link) return false;
  const address = new URL(link.href);
  if (way) address.searchParams.set("way", way);
  window.location.assign(address);
  return true;
}

function treat(way) {
  const select = document.querySelector("[data-cash-way]");
  if (select && document.querySelector("[data-cash-pick] input[name=item]:checked")) {
    select.value = way;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    const next = way === "DEDUCTION" ? "#cash-dispute-reason" : "#cash-comment";
    document.querySelector(next)?.focus();
    return true;
  }
  return change(way);
}

function press(key) {
  const open = document.querySelector(`[data-key-open="${key}"]`);
  if (open) { open.open = true; open.querySelector("input:not([type=hidden]), select")?.focus(); return true; }
  const thing = document.querySelector(`[data-cash-line] [data-key="${key}"]`);
  if (!thing) return false;
  if (thing.tagName === "FORM") thing.requestSubmit(); else thing.click();
  return true;
}

const deeds = {
  e: () => change(""),
  f: () => { const field = document.getElementById("cash-find"); field?.focus(); field?.select(); return Boolean(field); },
  w: () => treat("SMALL_DIFFERENCE"),
  d: () => treat("DEDUCTION"),
  Enter: () => {
    if (document.querySelector("[data-current-row]")) return false;
    const form = picked()?.querySelector("[data-cash-accept]");
    form?.requestSubmit();
    return Boolean(form);
  },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || isTyping(event.target)) return;
  if (document.querySelector("dialog:modal") || event.target.closest?.("#panel")) return;
  if (/^[1-9]$/.test(event.key)) choose(event.key);
  else if (event.key === "Enter" && event.target !== document.body) return;
  else if (!(deeds[event.key]?.() || (/^[a-z]$/.test(event.key) && press(event.key)))) return;
  event.preventDefault();
});

show();
