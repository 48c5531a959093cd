// Files dropped on their field, and the progress of sending them. Without this, the form is posted as any other.
import { onEach } from "./onload.js";
import { showPage } from "./page.js";

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
    // What came back is a whole page: the next one after a redirect, or this one with its errors.
    const page = new DOMParser().parseFromString(request.responseText, "text/html");
    if (request.status >= 500 || !page.getElementById("main")) { unlock(); fault.hidden = false; return; }
    showPage(page, request.responseURL);
  });
  request.addEventListener("error", () => { unlock(); fault.hidden = false; });
  const data = new FormData(form, submitter);
  if (submitter) submitter.disabled = true;
  request.open("POST", form.action);
  request.send(data);
}
