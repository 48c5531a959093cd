// The editor of texts: a click puts a variable where the caret was; the preview follows what is typed.
import { onEach } from "./onload.js";

const PAUSE = 700;

onEach("[data-text-form]", (form) => {
  let last = form.querySelector("textarea");
  let waiting = 0;
  form.addEventListener("focusin", (event) => {
    if (event.target.matches("textarea, input[name^=subject]")) last = event.target;
  });
  form.querySelectorAll("[data-script-only]").forEach((button) => {
    button.hidden = false;
    button.nextElementSibling?.setAttribute("hidden", "");
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    last.focus();
    last.setRangeText(button.dataset.insert, last.selectionStart, last.selectionEnd, "end");
    last.dispatchEvent(new Event("input", { bubbles: true }));
  });
  const follow = (event) => {
    if (event.target.form !== form || event.target.matches("[data-no-refresh]")) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => form.requestSubmit(document.querySelector("[data-refresh]")), PAUSE);
  };
  // What is tied to the form stands beside it too.
  (form.closest(".text-desk") ?? form).addEventListener("input", follow);
});
