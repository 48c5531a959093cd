// Files dropped on their field, and the progress of sending them. Without this, the form is posted as any other.
import { onEach } from "./onload.js";

const size = (bytes) => {
  const [unit, power] = bytes < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
  const format = { style: "unit", unit, maximumFractionDigits: 1 };
  return new Intl.NumberFormat(document.documentElement.lang, format).format(bytes / power);
};

onEach("[data-drop]", (drop) => {
  const zone = drop.querySelector("[data-drop-zone]");
  const input = drop.querySelector("input[type=file]");
  const shown = drop.querySelector("[data-drop-files]");
  const form = input.form;

  const show = () => {
    shown.textContent = [...input.files].map((file) => `${file.name} (${size(file.size)})`).join(", ");
  };
  ["dragenter", "dragover"].forEach((name) => zone.addEventListener(name, (event) => {
    event.preventDefault();
    zone.dataset.over = "";
  }));
  ["dragleave", "drop"].forEach((name) => zone.addEventListener(name, () => delete zone.dataset.over));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  input.addEventListener("change", show);
  form?.addEventListener("submit", (event) => {
    if (!input.files.length || form.hasAttribute("hx-post")) return;
    event.preventDefault();
    send(form, drop, event.submitter);
  });
});

function send(form, drop, submitter) {
  const box = drop.querySelector("[data-drop-progress]");
  const bar = box.querySelector("progress");
  const fault = drop.querySelector("[data-drop-error]");
  const request = new XMLHttpRequest();
  const unlock = () => {
    box.hidden = true;
    if (submitter) submitter.disabled = false;
  };
  fault.hidden = true;
  box.hidden = false;
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    const percent = Math.floor((event.loaded * 100) / event.total);
    bar.value = percent;
    box.querySelector("[data-drop-count]").textContent = `${percent} %`;
  });
  request.addEventListener("load", () => {
    // What came back is a whole page: shown at its address after a redirect, in place when the form had errors.
    if (request.status < 400 && request.responseURL !== new URL(form.action, location.href).href) {
      location.assign(request.responseURL);
      return;
    }
    if (request.status >= 500) { unlock(); fault.hidden = false; return; }
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    const main = page.getElementById("main");
    if (!main) { unlock(); fault.hidden = false; return; }
    document.getElementById("main").replaceWith(main);
    window.htmx?.process(main);
    document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: main } }));
    main.querySelector("[role=alert], [data-bad] input")?.scrollIntoView({ block: "center" });
  });
  request.addEventListener("error", () => { unlock(); fault.hidden = false; });
  const data = new FormData(form, submitter);
  if (submitter) submitter.disabled = true;
  request.open("POST", form.action);
  request.send(data);
}
