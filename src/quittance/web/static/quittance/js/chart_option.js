// Turn our small description of a chart into an ECharts option, in the colours of the page.

// Tokens may be light-dark(): a probe element gives the colour in force.
function colours(figure) {
  const probe = document.createElement("i");
  figure.append(probe);
  const read = (name) => {
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const found = new Map();
  const get = (name) => {
    if (!found.has(name)) found.set(name, read(name));
    return found.get(name);
  };
  ["ink", "ink-soft", "line", "line-strong", "paper-raised"].forEach(get);
  return { get, done: () => probe.remove() };
}

const FILLS = new Set(["soon", "settled", "disputed", "promised"]);
const colourName = (tone) => (FILLS.has(tone) ? `${tone}-fill` : tone);

function formats(spec) {
  const language = document.documentElement.lang;
  const isMoney = /^[A-Z]{3}$/.test(spec.unit);
  const short = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
  const exact = new Intl.NumberFormat(language, { minimumFractionDigits: spec.digits, maximumFractionDigits: spec.digits });
  const unit = isMoney || !spec.unit ? "" : ` ${spec.unit}`;
  return {
    axis: (value) => short.format(value),
    exact: (value) => (value === null || value === undefined ? "–" : `${exact.format(value).replace("-", "−")}${isMoney ? ` ${spec.unit}` : unit}`),
  };
}

export function optionOf(spec, figure) {
  const colour = colours(figure);
  const write = formats(spec);
  const font = getComputedStyle(document.body).fontFamily;
  const text = { color: colour.get("ink-soft"), fontFamily: font, fontSize: 12 };
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const option = {
    animation: !still,
    animationDuration: 150,
    textStyle: { fontFamily: font },
    aria: { enabled: false },
    // The last label is centred under its point: it needs half its width beside it.
    grid: { left: 4, right: 24, top: spec.series.length > 1 ? 34 : 12, bottom: 4, containLabel: true },
    legend: { show: spec.series.length > 1, top: 0, left: 0, icon: "rect", itemWidth: 10, itemHeight: 10, textStyle: text },
    // Rich text, since the policy for content forbids styles inside markup.
    tooltip: {
      trigger: "axis", renderMode: "richText", confine: true,
      axisPointer: { type: spec.kind === "line" || spec.kind === "area" ? "line" : "shadow" },
      backgroundColor: colour.get("paper-raised"), borderColor: colour.get("line-strong"), borderWidth: 1,
      textStyle: { ...text, color: colour.get("ink") }, valueFormatter: write.exact,
    },
    xAxis: {
      type: "category", data: spec.categories, axisLabel: { ...text, hideOverlap: true }, axisTick: { show: false },
      axisLine: { lineStyle: { color: colour.get("line-strong") } },
    },
    yAxis: {
      type: "value", axisLabel: { ...text, formatter: write.axis }, splitLine: { lineStyle: { color: colour.get("line") } },
    },
    series: spec.series.map((one) => {
      const tone = colour.get(colourName(one.tone));
      const isLine = one.kind === "line";
      return {
        name: one.name, type: one.kind, data: one.values, color: tone,
        stack: spec.kind === "stacked" && !isLine ? "all" : undefined,
        barMaxWidth: 36, symbol: "circle", symbolSize: 5, showSymbol: one.values.length < 40,
        lineStyle: isLine ? { width: 2, color: tone } : undefined,
        areaStyle: spec.kind === "area" ? { opacity: 0.12 } : undefined,
        emphasis: { disabled: true }, cursor: one.hrefs.length ? "pointer" : "default",
      };
    }),
  };
  colour.done();
  return option;
}
