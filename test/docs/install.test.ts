/** docs/install.md names what is there: values of the chart, settings, the port of the webhook, the image to replace. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildProgram } from '../../src/cli/program.ts';
import { CHART, INSTALL_FILE, NAMESPACE, read } from '../deploy/tools/manifests.ts';
import { ROOT } from './markdown.ts';

const TEXT = readFileSync(join(ROOT, 'docs/install.md'), 'utf8');
const VALUES: unknown = parse(read(`${CHART}/values.yaml`));

describe('docs/install.md', () => {
  // What its table has, and what helm is told by --set.
  const named = [
    ...new Set([...TEXT.matchAll(/(?:--set |`)([a-z]\w*(?:\.[\w-]+)+)=/g)].map(([, path = '']) => path)),
  ];
  const settings = named.filter((path) => path.startsWith('extender.settings.'));

  it('names some values', () => {
    expect(named.length).toBeGreaterThan(8);
    expect(settings).not.toEqual([]);
  });

  it.for(named.filter((path) => !settings.includes(path)))('%s is a value of the chart', (path) => {
    expect(VALUES).toHaveProperty(path);
  });

  it.for(settings)('%s is a setting of serve', (path) => {
    const serve = buildProgram().commands.find((command) => command.name() === 'serve')!;
    expect(serve.options.map(({ long }) => long)).toContain(`--${path.replace('extender.settings.', '')}`);
  });

  it('has the port of the webhook', () => {
    const [, port] = /^admission: (\d+)$/m.exec(read(`${CHART}/templates/_helpers.tpl`)) ?? [];
    expect(TEXT).toContain(`port ${port}.`);
  });

  it('replaces the image in the manifests for kubectl', () => {
    const [, from = ''] = /sed 's#(.*?)#/.exec(TEXT) ?? [];
    expect(from).not.toBe('');
    expect(read(INSTALL_FILE).split(from)).toHaveLength(2);
  });

  it('uses the namespace of those manifests', () => {
    // On a host without the chart, the account and the Lease are in kube-system.
    const namespaces = new Set(TEXT.match(/--namespace (?!kube-system)[-\w]+/g));
    expect([...namespaces]).toEqual([`--namespace ${NAMESPACE}`]);
  });
});
