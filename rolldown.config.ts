/**
 * The program as it is delivered: one bundle, libraries included, as reading a thousand small files took most of the time
 * of a start (docs/decisions/016-one-bundle.md). The licences of what is in it go with it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { defineConfig } from 'rolldown';
import type { Plugin } from 'rolldown';

export default defineConfig({
  input: 'src/cli/main.ts',
  platform: 'node',
  // Of the Kubernetes client, only what is used: a thousand types of its API are not, and nothing happens when they are read.
  treeshake: { moduleSideEffects: (id) => !id.includes('/@kubernetes/client-node/') },
  output: {
    dir: 'dist',
    entryFileNames: 'cli/main.js',
    // What one command needs is not read by the others.
    chunkFileNames: 'cli/[name]-[hash].js',
  },
  plugins: [builtins(), licences()],
});

/**
 * Node.js's own modules, asked for without `import`: that reads each of their properties, some of which load as much again
 * (all of `fetch` for `node:http`), a tenth of the time of a start.
 */
function builtins(): Plugin {
  const mark = '\0builtin:';
  return {
    name: 'builtins',
    // What the bundler itself imports, it needs before it can ask.
    resolveId: (id) => (isBuiltin(id) && !id.endsWith('module') ? mark + id : undefined),
    load: (id) =>
      id.startsWith(mark)
        ? `module.exports = process.getBuiltinModule(${JSON.stringify(id.slice(mark.length))});`
        : undefined,
  };
}

function licences(): Plugin {
  return {
    name: 'licences',
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((each) => (each.type === 'chunk' ? each.moduleIds : []));
      const folders = new Set(
        modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []),
      );
      const source = [...folders].toSorted().map(licenceOf).join('\n');
      this.emitFile({ type: 'asset', fileName: 'THIRD-PARTY-LICENSES.txt', source });
    },
  };
}

/** @throws {Error} for a library that does not say on what terms it may be delivered. */
function licenceOf(folder: string): string {
  const { name, version, license }: Record<string, unknown> = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  if (typeof license !== 'string') throw new Error(`${folder} names no licence`);
  const texts = readdirSync(folder)
    .filter((file) => /^(licen[cs]e|notice)/i.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return [`${'='.repeat(80)}\n${String(name)} ${String(version)} (${license})\n`, ...texts, ''].join('\n');
}
