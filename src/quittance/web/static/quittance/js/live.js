// What happens elsewhere, as it happens: each message of /events becomes an event of the page named by its topic.
// Parts of the page listen with hx-trigger="<topic> from:body".
const url = document.body.dataset.events;

if (url && "EventSource" in window) {
  const source = new EventSource(url);
  source.addEventListener("message", (event) => {
    let data;
    try {
      data = JSON.parse(event.data);
    } catch {
      return; // not for us
    }
    if (data && typeof data.topic === "string") {
      document.body.dispatchEvent(new CustomEvent(data.topic, { detail: data, bubbles: true }));
    }
  });
  window.addEventListener("pagehide", () => source.close());
}
