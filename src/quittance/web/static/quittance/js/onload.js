// Run a function on every element that matches: those there now, and those htmx brings in later.
export function onEach(selector, run) {
  const visit = (root) => {
    if (root.matches?.(selector)) run(root);
    root.querySelectorAll?.(selector).forEach(run);
  };
  visit(document);
  document.addEventListener("htmx:load", (event) => visit(event.detail.elt));
}

export const isTyping = (target) => target.closest?.("input, textarea, select, [contenteditable]") !== null;
