// A question before a deed: shows the dialog inside details[data-ask] as a modal; data-confirm asks in the browser's own.
import { onEach } from "./onload.js";

onEach("details[data-ask]", (details) => {
  const dialog = details.querySelector("dialog");
  const close = dialog.querySelector("[data-close]");
  dialog.removeAttribute("open");
  close.hidden = false;
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => { details.open = false; });
  details.addEventListener("toggle", () => { if (details.open && !dialog.open) dialog.showModal(); });
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-confirm]");
  if (button && !window.confirm(button.dataset.confirm)) event.preventDefault();
});
