/** Policies that the documents and examples show are ones that the API server takes, and that place pods. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lintFiles } from '../../src/cli/lint-manifests.ts';
import { Markdown, MARKDOWN_FILES, ROOT } from './markdown.ts';

const VIRTUAL_NODES = { type: 'virtual-kubelet' };
const SHOWN = MARKDOWN_FILES.flatMap((file) =>
  new Markdown(file).yaml
    .filter((text) => /^kind: ResourcePolicy$/m.test(text))
    .map((text, index) => ({ name: `${file}, ${index + 1}`, text })),
);
const FILES = globSync('examples/*/resourcepolicy*.yaml', { cwd: ROOT }).map((name) => ({
  name,
  text: readFileSync(join(ROOT, name), 'utf8'),
}));

describe('policies', () => {
  it('are found', () => {
    expect(SHOWN.length).toBeGreaterThan(3);
    expect(FILES.length).toBeGreaterThan(5);
  });

  it.for([...SHOWN, ...FILES])('$name', (file) => {
    const { findings, unreadable, policies } = lintFiles([file], VIRTUAL_NODES);

    expect(policies).toBeGreaterThan(0);
    expect(unreadable).toEqual([]);
    expect(findings).toEqual([]);
  });
});
