// Charts: the figures are in the table beside; this draws them with ECharts when it is there, in the page's colours.
import { onEach } from "./onload.js";
import { optionOf } from "./chart_option.js";

const drawn = new Map();

onEach("[data-chart]", async (figure) => {
  const spec = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  tools(figure, spec);
  let echarts;
  try {
    echarts = await import(figure.dataset.echarts);
  } catch {
    return; // the table stays open and says everything
  }
  figure.dataset.drawn = "";
  figure.querySelector("[data-chart-figures]").open = false;
  const canvas = figure.querySelector("[data-chart-canvas]");
  const chart = echarts.init(canvas, null, { renderer: "svg" });
  const draw = () => chart.setOption(optionOf(spec, figure), true);
  draw();
  drawn.set(figure, { chart, draw });
  new ResizeObserver(() => chart.resize()).observe(canvas);
  chart.on("click", (event) => {
    const href = spec.series[event.seriesIndex]?.hrefs?.[event.dataIndex];
    if (href) location.assign(href);
  });
  const save = figure.querySelector("[data-chart-save]");
  save.hidden = false;
  save.addEventListener("click", () => download(picture(canvas), `${figure.dataset.chart}.svg`));
});

const redraw = () => drawn.forEach(({ draw, chart }, figure) => {
  if (figure.isConnected) draw();
  else { chart.dispose(); drawn.delete(figure); }
});
document.addEventListener("look-changed", redraw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);

function tools(figure, spec) {
  const csv = figure.querySelector("[data-chart-csv]");
  if (!csv) return;
  csv.hidden = false;
  csv.addEventListener("click", () => {
    const quote = (value) => {
      const text = String(value ?? "");
      return `"${(typeof value === "string" && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
    };
    const lines = [["", ...spec.series.map((one) => one.name)]];
    spec.categories.forEach((name, n) => lines.push([name, ...spec.series.map((one) => one.values[n])]));
    const text = lines.map((line) => line.map(quote).join(",")).join("\r\n");
    download(new Blob([text], { type: "text/csv" }), `${figure.dataset.chart}.csv`);
  });
}

const picture = (canvas) => new Blob([new XMLSerializer().serializeToString(canvas.querySelector("svg"))], { type: "image/svg+xml" });

function download(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
