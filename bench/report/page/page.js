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
Chart.defaults.plugins.legend.labels.usePointStyle = true;
Chart.defaults.plugins.legend.labels.pointStyle = 'line';
Chart.defaults.plugins.legend.labels.pointStyleWidth = 32;

/** Chart.js would write a number at every line it draws. */
function isRound(value) {
  return /^[125]/.test(String(value / 10 ** Math.floor(Math.log10(value) + 1e-9)));
}

for (const canvas of document.querySelectorAll('canvas[data-chart]')) {
  const config = charts[Number(canvas.dataset.chart)];
  const { x, y } = config.options.scales;
  if (config.type === 'bar')
    config.options.plugins.legend.labels = { pointStyle: 'rect', pointStyleWidth: 12 };
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
