/**
 * Markdown files of the project, as far as their links and code are concerned.
 *
 * @module
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** All of them, from the root. */
export const MARKDOWN_FILES = globSync('**/*.md', {
  cwd: ROOT,
  exclude: (path) => /(^|\/)(node_modules|dist|\.cache|\.git)$/.test(path),
}).toSorted((a, b) => a.localeCompare(b));

export class Markdown {
  readonly #text: string;

  /** @param file from the root. */
  constructor(file: string) {
    this.#text = readFileSync(join(ROOT, file), 'utf8');
  }

  /** Commands with what they printed, of blocks that begin with `$ resource-policy COMMAND`. */
  transcripts(commands: readonly string[]): readonly { readonly command: string; readonly output: string }[] {
    const pattern = new RegExp(
      `^\`\`\`text\n\\$ resource-policy ((?:${commands.join('|')}) .*)\n([^]*?)^\`\`\`$`,
      'gm',
    );
    return [...this.#text.matchAll(pattern)].map(([, command = '', output = '']) => ({ command, output }));
  }

  /** Blocks of YAML. */
  get yaml(): readonly string[] {
    return [...this.#text.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, text = '']) => text);
  }

  /** What links and images point at. */
  get targets(): readonly string[] {
    const prose = this.#prose.replaceAll(/`[^`\n]*`/g, '');
    return [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)].map(([, target = '']) => target);
  }

  /** The anchors that GitHub gives its headings. */
  get anchors(): ReadonlySet<string> {
    const seen = new Map<string, number>();
    const anchors = [...this.#prose.matchAll(/^#{1,6} +(.+?) *#*$/gm)].map(([, heading = '']) => {
      const anchor = heading
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
        .replaceAll(' ', '-');
      const before = seen.get(anchor) ?? 0;
      seen.set(anchor, before + 1);
      return before === 0 ? anchor : `${anchor}-${before}`;
    });
    return new Set(anchors);
  }

  /** Words of code that name a file or folder of the project by its path. */
  get paths(): readonly string[] {
    const fenced = this.#text.matchAll(/^```\w*\n([^]*?)^```$/gm);
    const indented = this.#text.matchAll(/^ {4}(.*)$/gm);
    const inline = this.#prose.matchAll(/`([^`\n]+)`/g);
    const words = [...fenced, ...indented, ...inline].flatMap(([, code = '']) => code.split(/[\s,;'"=()]+/));
    const path = /^(?:\.\/)?(?:bench|crds|deploy|docs|examples|src|test)\/[\w./*-]*$/;
    return [...new Set(words.filter((word) => path.test(word)))];
  }

  /** Without fenced code. */
  get #prose(): string {
    return this.#text.replaceAll(/^```[^]*?^```$/gm, '');
  }
}
