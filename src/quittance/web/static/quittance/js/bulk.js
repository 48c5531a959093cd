// Selection in a table: count, whole page, range with Shift.
import { onEach } from "./onload.js";

onEach("[data-list]", (list) => {
  const form = list.querySelector("[data-bulk]");
  if (!form) return;
  const picks = [...list.querySelectorAll("[data-pick]")];
  const page = list.querySelector("[data-pick-page]");
  const count = form.querySelector("[data-bulk-count]");
  let last = null;

  const update = () => {
    const picked = picks.filter((pick) => pick.checked).length;
    count.textContent = picked;
    page.checked = picked === picks.length && picked > 0;
    page.indeterminate = picked > 0 && picked < picks.length;
  };
  page.addEventListener("change", () => {
    picks.forEach((pick) => { pick.checked = page.checked; });
    update();
  });
  picks.forEach((pick, index) => pick.addEventListener("click", (event) => {
    if (event.shiftKey && last !== null) {
      const [from, to] = [Math.min(last, index), Math.max(last, index)];
      picks.slice(from, to + 1).forEach((other) => { other.checked = pick.checked; });
    }
    last = index;
    update();
  }));
  list.addEventListener("change", update);
  update();
});
