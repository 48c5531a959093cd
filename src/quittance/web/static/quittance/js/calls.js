// Forms in the side panel by keyboard: a digit picks an outcome or a day; what was done closes the panel.
import { onEach } from "./onload.js";

const panel = document.getElementById("panel");
const writes = (target) => target.closest?.("textarea, select, input:not([type=radio], [type=checkbox])") !== null;

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || writes(event.target)) return;
  if (!/^[1-9]$/.test(event.key)) return;
  const choice = document.querySelector(`[data-digit="${event.key}"]`);
  if (!choice) return;
  event.preventDefault();
  if (choice.type !== "radio") { choice.click(); return; }
  choice.checked = true;
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  lead(choice.form);
});

// On to what the outcome needs, or to the button when it needs nothing: then Enter ends it.
function lead(form) {
  const wanted = [...form.querySelectorAll(".when input, .when select")].find((field) => field.offsetParent !== null);
  (wanted ?? document.querySelector(`[form="${form.id}"][data-submit]`))?.focus();
}

onEach("[data-outcomes]", (outcomes) => {
  if (!outcomes.querySelector(":checked")) outcomes.querySelector("input").focus({ preventScroll: true });
});

document.body.addEventListener("panel-close", () => panel?.querySelector("[data-panel-close]")?.click());
