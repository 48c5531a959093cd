// Run a function once on every element that matches: those there now, and those htmx brings in later.
export function onEach(selector, run) {
  const done = new WeakSet();
  const once = (element) => {
    if (done.has(element)) return;
    done.add(element);
    run(element);
  };
  const visit = (root) => {
    if (root.matches?.(selector)) once(root);
    root.querySelectorAll?.(selector).forEach(once);
  };
  visit(document);
  document.addEventListener("htmx:load", (event) => visit(event.detail.elt));
}

export const isTyping = (target) => target.closest?.("input, textarea, select, [contenteditable]") !== null;
