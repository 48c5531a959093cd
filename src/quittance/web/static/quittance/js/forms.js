// Forms that send themselves when a choice changes; their button is for those without a script.
import { onEach } from "./onload.js";

onEach("[data-no-script]", (button) => { button.hidden = true; });
onEach("form[data-auto-submit]", (form) => {
  form.addEventListener("change", () => {
    if (form.checkValidity()) form.requestSubmit();
  });
});

// Nothing is sent twice by a double click.
document.addEventListener("submit", (event) => {
  const form = event.target;
  // What is shown in a frame or a tab of its own leaves this page as it is.
  if (form.method !== "post" || event.defaultPrevented || event.submitter?.formTarget) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 4000);
});

// Empty fields of a filter leave the address alone.
document.addEventListener("htmx:configRequest", (event) => {
  const { verb, parameters } = event.detail;
  if (verb !== "get") return;
  Object.keys(parameters).forEach((name) => { if (parameters[name] === "") delete parameters[name]; });
});
