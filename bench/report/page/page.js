// Draws the charts of the report: each canvas with data-chart takes the configuration of that index.
const charts = JSON.parse(document.getElementById('charts').textContent);
const ink = getComputedStyle(document.body).color;
const muted = getComputedStyle(document.documentElement).getPropertyValue('--line').trim();

Chart.defaults.color = ink;
Chart.defaults.borderColor = muted;
Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
Chart.defaults.animation = false;
Chart.defaults.maintainAspectRatio = false;
Chart.defaults.elements.point.radius = 0;
Chart.defaults.elements.point.hitRadius = 8;
Chart.defaults.elements.line.borderWidth = 2;

/** 1, 2 and 5 of each power of ten: Chart.js would write a number at every line it draws. */
function isRound(value) {
  const digit = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
  return [1, 2, 5].some((round) => Math.abs(digit - round) < 1e-6);
}

for (const canvas of document.querySelectorAll('canvas[data-chart]')) {
  const config = charts[Number(canvas.dataset.chart)];
  const { x, y } = config.options.scales;
  // A box without height is a line, dashed like that of the chart.
  config.options.plugins.legend.labels =
    config.type === 'line' ? { boxWidth: 32, boxHeight: 0 } : { boxWidth: 12, boxHeight: 12 };
  if (x.type === 'logarithmic') {
    x.ticks = { callback: (value) => (isRound(value) ? value.toLocaleString('en-US') : null) };
  }
  if (config.type === 'line') {
    config.options.plugins.tooltip = {
      callbacks: {
        title: () => '',
        label: ({ dataset, parsed }) =>
          `${dataset.label}: ${parsed.y.toLocaleString('en-US')} ${y.title.text} at ${parsed.x.toLocaleString('en-US')} ${x.title.text}`,
      },
    };
  }
  canvas.chart = new Chart(canvas, config);
}
