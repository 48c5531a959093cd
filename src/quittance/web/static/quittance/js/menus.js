// Menus (details elements): one open at a time; a click elsewhere or Escape closes.
const open = () => document.querySelectorAll("details.menu[open]");

document.addEventListener("click", (event) => {
  open().forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  open().forEach((menu) => {
    menu.open = false;
    menu.querySelector("summary").focus();
    event.stopImmediatePropagation();
  });
});
document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (menu.matches?.("details.menu") && menu.open) {
    menu.querySelector("input:not([type=hidden]), select, a, button")?.focus();
  }
}, true);
