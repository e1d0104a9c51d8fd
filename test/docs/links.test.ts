/** What the documents point at is there: files, headings, and paths in commands. */
import { existsSync, globSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Markdown, MARKDOWN_FILES, ROOT } from './markdown.ts';

it('looks at something', () => {
  expect(MARKDOWN_FILES.length).toBeGreaterThan(20);
  expect(MARKDOWN_FILES).toContain('README.md');
  expect(new Markdown('README.md').targets.length).toBeGreaterThan(10);
});

describe.for(MARKDOWN_FILES)('%s', (file) => {
  const document = new Markdown(file);

  it('has no dead links', () => {
    const dead = document.targets
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => !leads(file, target));
    expect(dead).toEqual([]);
  });

  it('names no file that is not there', () => {
    expect(document.paths.filter((path) => !isThere(path))).toEqual([]);
  });
});

/** Whether a relative link leads somewhere: to a file or folder, and to a heading if it names one. */
function leads(from: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? from : normalize(join(dirname(from), path));
  if (!existsSync(join(ROOT, file))) return false;
  if (anchor === undefined) return true;
  // Lines of source files are not looked at.
  return !file.endsWith('.md') || new Markdown(file).anchors.has(anchor);
}

/** Whether a path, maybe with `*` or without its ending, is that of something. */
function isThere(path: string): boolean {
  const pattern = path.replace(/\/$/, '');
  return globSync([pattern, `${pattern}.*`], { cwd: ROOT }).length > 0;
}
