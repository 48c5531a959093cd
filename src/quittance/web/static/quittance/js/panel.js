// The side panel: opens beside the list, keeps its address after #open=, Escape closes and gives the focus back.
const panel = document.getElementById("panel");
if (panel) start();

function start() {
  let opener = null;

  const keep = (path) => {
    const url = new URL(location.href);
    url.hash = path ? `open=${path}` : "";
    history.replaceState(history.state, "", path ? url : url.href.replace(/#$/, ""));
  };
  const close = () => {
    if (panel.hidden) return;
    panel.hidden = true;
    panel.replaceChildren();
    keep("");
    (opener?.isConnected ? opener : document.getElementById("main")).focus({ preventScroll: true });
  };
  const fetchInto = (path) => window.htmx.ajax("GET", path, { target: "#panel", swap: "innerHTML" });

  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== panel) return;
    const { elt, requestConfig } = event.detail;
    if (elt?.matches?.("[data-panel-link]")) opener = elt;
    panel.hidden = false;
    if (requestConfig.verb === "get") keep(requestConfig.path);
    const page = panel.querySelector("[data-panel-open]");
    if (page && requestConfig.verb === "get") page.setAttribute("href", requestConfig.path);
    if (!panel.contains(document.activeElement)) panel.focus({ preventScroll: true });
  });
  panel.addEventListener("click", (event) => { if (event.target.closest("[data-panel-close]")) close(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog:modal")) close();
  });

  // A reload, or a link sent to a colleague, opens the same panel; only paths of this site.
  const wanted = decodeURI(location.hash).match(/^#open=(\/(?!\/).*)$/)?.[1];
  if (wanted) window.addEventListener("load", () => fetchInto(wanted));
}
