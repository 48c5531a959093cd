// The cash desk by keyboard: 1-9 choose an explanation, Enter accepts it, u undoes; picked items are added up.
import { isTyping } from "./onload.js";

const choices = () => [...document.querySelectorAll("[data-cash-choice]")];
const picked = () => document.querySelector("[data-cash-choice][data-picked]");

function choose(number) {
  const wanted = document.querySelector(`[data-cash-choice="${number}"]`);
  if (!wanted) return;
  choices().forEach((choice) => choice.toggleAttribute("data-picked", choice === wanted));
  wanted.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector("dialog:modal")) return;
  if (/^[1-9]$/.test(event.key)) {
    choose(event.key);
  } else if (event.key === "u") {
    document.querySelector("[data-cash-undo]")?.requestSubmit();
  } else if (event.key === "Enter" && event.target === document.body && !document.querySelector("[data-current-row]")) {
    picked()?.querySelector("[data-cash-accept]")?.requestSubmit();
  } else {
    return;
  }
  event.preventDefault();
});

// Choosing an explanation gives it the Enter key back from the list.
document.addEventListener("keydown", (event) => {
  if (/^[1-9]$/.test(event.key) && !isTyping(event.target)) {
    document.querySelector("[data-current-row]")?.removeAttribute("data-current-row");
    document.activeElement?.blur();
  }
});

function addUp(form) {
  const boxes = [...form.querySelectorAll("input[name=item]:checked")];
  // Minor units as integers: cents never drift.
  const units = (text) => Math.round(Number(text) * 10000);
  const sum = boxes.reduce((total, box) => total + units(box.dataset.amount), 0);
  const show = (value) => (value / 10000).toLocaleString(document.documentElement.lang, { minimumFractionDigits: 2 }).replace("-", "−");
  form.querySelector("[data-cash-sum]").hidden = boxes.length === 0;
  form.querySelector("[data-cash-picked]").textContent = show(sum);
  form.querySelector("[data-cash-rest]").textContent = show(units(form.dataset.amount) - sum);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("[data-cash-pick]");
  if (form?.querySelector("[data-cash-sum]")) addUp(form);
});
