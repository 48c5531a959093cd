// A slider beside each number of points; what moves is shown as soon as one is changed.
import { onEach } from "./onload.js";

onEach("[data-weights]", (form) => {
  form.querySelectorAll(".weight input[type=number]").forEach((number) => {
    const slider = Object.assign(document.createElement("input"), {
      type: "range", min: number.min, max: number.max, value: number.value, disabled: number.disabled,
    });
    slider.setAttribute("aria-label", number.labels[0]?.textContent ?? "");
    slider.disabled = number.matches(":disabled");
    number.after(slider);
    slider.addEventListener("input", () => { number.value = slider.value; });
    number.addEventListener("input", () => { slider.value = number.value; });
  });
  form.addEventListener("input", () => document.body.dispatchEvent(new CustomEvent("weigh")));
});
