// Search and commands: Ctrl-K. Commands come with the page, everything else from the search address.
import { choose } from "./preferences.js";

const dialog = document.getElementById("palette");
if (dialog) start();

function start() {
  const input = dialog.querySelector("[data-palette-input]");
  const list = dialog.querySelector("ul");
  const status = dialog.querySelector("[data-palette-status]");
  const commands = JSON.parse(document.getElementById("palette-commands").textContent);
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  let entries = [];
  let at = 0;
  let waiting = null;

  const open = (text = "") => {
    if (dialog.open) return;
    input.value = text;
    dialog.showModal();
    look();
  };
  const mark = () => {
    [...list.children].forEach((option, index) => option.setAttribute("aria-selected", index === at));
    const chosen = list.children[at];
    chosen?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", chosen?.id ?? "");
  };
  const run = (entry) => {
    if (!entry) return;
    dialog.close();
    if (entry.set) choose(...entry.set.split("="));
    else location.assign(entry.href);
  };
  const span = (name, text) => Object.assign(document.createElement("span"), { className: name, textContent: text ?? "" });
  const show = (found) => {
    entries = found;
    at = 0;
    list.replaceChildren(...found.map((entry, index) => {
      const option = document.createElement("li");
      option.id = `palette-${index}`;
      option.setAttribute("role", "option");
      option.append(span("kind", entry.kind), span("label", entry.label), span("hint", entry.hint));
      option.addEventListener("click", () => run(entry));
      return option;
    }));
    status.textContent = found.length ? "" : status.dataset.none;
    mark();
  };
  const look = async () => {
    const text = input.value.trim();
    const fitting = commands.filter((command) => fold(`${command.kind} ${command.label}`).includes(fold(text)));
    waiting?.abort();
    show(fitting);
    if (text.length < 2 || !dialog.dataset.search) return;
    waiting = new AbortController();
    try {
      const url = `${dialog.dataset.search}?q=${encodeURIComponent(text)}`;
      const answer = await fetch(url, { headers: { Accept: "application/json" }, signal: waiting.signal });
      if (answer.ok) show([...(await answer.json()).results, ...fitting]);
    } catch (error) {
      if (error.name !== "AbortError") show(fitting);
    }
  };
  let pause;
  input.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(look, 120); });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && entries.length) { at = (at + step + entries.length) % entries.length; mark(); event.preventDefault(); }
    if (event.key === "Enter") { event.preventDefault(); run(entries[at]); }
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") { event.preventDefault(); open(); }
  });
  document.querySelectorAll("[data-palette-open]").forEach((field) => {
    field.addEventListener("input", () => { open(field.value); field.value = ""; });
  });
}
