// What was done, said for a while; what can be undone stays longer. Also shows {"toast": {text, tone}} of HX-Trigger.
import { onEach } from "./onload.js";

const SECONDS = 6;
const SECONDS_WITH_UNDO = 20;

onEach("[data-toast]", (toast) => {
  const tone = toast.dataset.tags?.match(/tone:(\w+)/)?.[1];
  if (tone) toast.dataset.tone = tone;
  const close = toast.querySelector("[data-toast-close]");
  if (close) {
    close.hidden = false;
    close.addEventListener("click", () => toast.remove());
  }
  let left;
  const wait = () => {
    left = setTimeout(() => toast.remove(), (toast.querySelector("form") ? SECONDS_WITH_UNDO : SECONDS) * 1000);
  };
  ["mouseenter", "focusin"].forEach((name) => toast.addEventListener(name, () => clearTimeout(left)));
  ["mouseleave", "focusout"].forEach((name) => toast.addEventListener(name, wait));
  if (toast.dataset.tone !== "late") wait();
});

document.body.addEventListener("toast", (event) => {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.setAttribute("role", "status");
  toast.dataset.tone = event.detail.tone ?? "settled";
  toast.textContent = event.detail.text;
  document.getElementById("toasts").append(toast);
  setTimeout(() => toast.remove(), SECONDS * 1000);
});
