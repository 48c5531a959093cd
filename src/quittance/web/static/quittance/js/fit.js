// Tables that fit their place keep their heading in sight; wider ones scroll in their own box.
import { onEach } from "./onload.js";

const watch = new ResizeObserver((entries) => entries.forEach(({ target }) => {
  const box = target.closest(".table-scroll");
  box.toggleAttribute("data-fits", target.offsetWidth <= box.clientWidth + 1);
}));

onEach(".table-scroll > table", (table) => watch.observe(table));
