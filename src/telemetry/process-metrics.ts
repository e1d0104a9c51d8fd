/**
 * What Prometheus's own clients say of their process.
 *
 * @module
 */
import type { Registry } from 'prom-client';
import { Counter, Gauge } from 'prom-client';
import { PROCESS_CATALOGUE } from './catalogue.ts';

export function addProcessMetrics(registry: Registry): void {
  const options = (name: keyof typeof PROCESS_CATALOGUE) => ({
    name,
    help: PROCESS_CATALOGUE[name].help,
    registers: [registry],
  });
  void new Counter({
    ...options('process_cpu_seconds_total'),
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1_000_000);
    },
  });
  void new Gauge({
    ...options('process_resident_memory_bytes'),
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge(options('process_start_time_seconds')).set((Date.now() - performance.now()) / 1_000);
}
