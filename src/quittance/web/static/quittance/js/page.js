// Show a page that was already fetched: its main part, its rail, its toasts, and the files it needs besides.
export function showPage(page, address) {
  const main = document.importNode(page.getElementById("main"), true);
  document.title = page.title;
  if (new URL(address).pathname !== location.pathname) history.pushState(null, "", address);
  shownPath = location.pathname;
  page.querySelectorAll("link[rel=stylesheet][href], script[src]").forEach((wanted) => {
    const name = wanted.localName === "link" ? "href" : "src";
    const path = wanted.getAttribute(name);
    if ([...document.querySelectorAll(wanted.localName)].some((known) => known.getAttribute(name) === path)) return;
    const added = document.createElement(wanted.localName);
    [...wanted.attributes].forEach((attribute) => added.setAttribute(attribute.name, attribute.value));
    document.head.append(added);
  });
  document.getElementById("main").replaceWith(main);
  const rail = page.querySelector(".rail ul");
  if (rail) document.querySelector(".rail ul")?.replaceWith(document.importNode(rail, true));
  const toasts = [...page.querySelectorAll("#toasts > *")].map((toast) => document.importNode(toast, true));
  document.getElementById("toasts")?.append(...toasts);
  window.htmx?.process(main);
  [main, ...toasts].forEach((elt) => document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt } })));
  window.scrollTo(0, 0);
  main.querySelector("[role=alert], [data-bad] input")?.scrollIntoView({ block: "nearest" });
  main.focus({ preventScroll: true });
}

// The address was changed without a load, so going back has to load.
let shownPath = "";
window.addEventListener("popstate", () => { if (shownPath && location.pathname !== shownPath) location.reload(); });
