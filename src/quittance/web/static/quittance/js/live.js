// What happens elsewhere, as it happens. Elements name their topics in data-live="import.12 worklist"; each news of
// /events becomes an event of the page named by its topic, for hx-trigger="import.12 from:body".
import { onEach } from "./onload.js";

const url = document.body.dataset.events;
const wanted = new Set();
let source = null;
let soon = null;

const tell = (topic, detail = {}) => document.body.dispatchEvent(new CustomEvent(topic, { detail, bubbles: true }));

function listen() {
  source?.close();
  const query = [...wanted].map((topic) => `topic=${encodeURIComponent(topic)}`).join("&");
  source = new EventSource(`${url}?${query}`);
  wanted.forEach((topic) => source.addEventListener(topic, (event) => {
    let ids = {};
    try { ids = JSON.parse(event.data); } catch { /* news without ids */ }
    tell(topic, ids);
  }));
  // News may have been missed: everything looks again.
  source.addEventListener("resync", () => wanted.forEach((topic) => tell(topic)));
}

if (url && "EventSource" in window) {
  onEach("[data-live]", (element) => {
    const fresh = element.dataset.live.split(/\s+/).filter((topic) => topic && !wanted.has(topic));
    if (!fresh.length) return;
    fresh.forEach((topic) => wanted.add(topic));
    clearTimeout(soon);
    soon = setTimeout(listen, 50);
  });
  window.addEventListener("pagehide", () => source?.close());
}
