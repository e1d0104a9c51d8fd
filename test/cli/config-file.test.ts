import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULTS, FLAGS, serve, variable, withoutOwnSettings } from '../support/serve-flags.ts';

beforeEach(withoutOwnSettings);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'resource-policy-'));
  return () => rmSync(folder, { recursive: true });
});

function configOf(...lines: readonly string[]): string {
  const file = join(folder, 'serve.yaml');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

describe('settings from a file', () => {
  const flags = Object.entries(FLAGS).filter(([flag]) => flag !== '--config');

  it.each(flags)('%s is a key', async (flag, { value, beside = [], want }) => {
    const config = configOf(`${flag.slice(2)}: ${value.startsWith('[') ? `"${value}"` : value}`);

    expect((await serve('--config', config, ...beside)).settings).toEqual({ ...DEFAULTS, config, ...want });
  });

  it('may be many, with comments', async () => {
    const config = configOf(
      '# of the dedicated scheduler',
      'max-silence: 5m # slow watch cache',
      'api-connections: 64',
      'bind-verb: false',
    );

    expect((await serve('--config', config)).settings).toEqual({
      ...DEFAULTS,
      config,
      maxSilence: 300_000,
      apiConnections: 64,
      bindVerb: false,
    });
  });

  it.each(['', '# nothing yet', '---'])('may be none: %j', async (text) => {
    const config = configOf(text);

    expect((await serve('--config', config)).settings).toEqual({ ...DEFAULTS, config });
  });

  it.each(flags)(
    '%s goes before the file, and so does its variable',
    async (flag, { value, beside = [], want }) => {
      const inFile: Readonly<Record<string, string>> = {
        '--bind-verb': 'true',
        '--log-level': 'fatal',
        '--percentage-of-nodes-to-score': '7',
        '--api-connections': '7',
        '--body-limit-mb': '7',
        '--virtual-node-label': 'x=y',
      };
      const other = inFile[flag] ?? (want[nameOf(flag)] instanceof Object ? '127.0.0.9:9' : '9s');
      const config = configOf(`${flag.slice(2)}: ${other}`);
      const settings = { ...DEFAULTS, config, ...want };

      expect((await serve('--config', config, ...beside)).settings).not.toEqual(settings);
      expect((await serve('--config', config, ...beside, flag, value)).settings).toEqual(settings);
      vi.stubEnv(variable(flag), value);
      expect((await serve('--config', config, ...beside)).settings).toEqual(settings);
    },
  );

  it('are checked together with those of flags', async () => {
    const config = configOf('tls-cert: c', 'tls-key: k', 'listen: 0.0.0.0:8910');

    const { said } = await serve('--config', config);

    expect(said).toContain('there is no --client-ca.');
    expect((await serve('--config', config, '--client-ca', 'a')).settings).toMatchObject({
      listen: { host: '0.0.0.0', port: 8910 },
      tlsCert: 'c',
      clientCa: 'a',
    });
  });

  it('come from the file that the environment names', async () => {
    vi.stubEnv('RESOURCE_POLICY_CONFIG', configOf('log-level: debug'));

    expect((await serve()).settings).toMatchObject({ logLevel: 'debug' });
  });
});

describe('a file is refused, with the place and the way out', () => {
  const refused: Record<string, { lines: readonly string[]; line?: number; want: string }> = {
    'an unknown key': {
      lines: ['log-level: debug', 'colour: red'],
      line: 2,
      want: 'colour is no setting. Keys are the flags of serve without the dashes, see serve --help.',
    },
    'a key in the manner of other programs': {
      lines: ['maxSilence: 1m'],
      line: 1,
      want: 'maxSilence is no setting. Did you mean max-silence?',
    },
    'a key with dashes': {
      lines: ['--max-silence: 1m'],
      line: 1,
      want: '--max-silence is no setting. Did you mean max-silence?',
    },
    'a file in a file': {
      lines: ['config: other.yaml'],
      line: 1,
      want: 'config is no setting. Keys are the flags of serve without the dashes, see serve --help.',
    },
    'a duration without a unit': {
      lines: ['', 'max-silence: 30'],
      line: 2,
      want: `value '30' of max-silence is invalid. "30" is not a duration such as 500ms, 30s or 1m30s.`,
    },
    'a number that is none': {
      lines: ['api-connections: many'],
      line: 1,
      want: `value 'many' of api-connections is invalid. "many" is not a whole number above 0.`,
    },
    'a boolean that is none': {
      lines: ['bind-verb: yes'],
      line: 1,
      want: `value 'yes' of bind-verb is invalid. "yes" is neither true nor false.`,
    },
    'a level that does not exist': {
      lines: ['log-level: loud'],
      line: 1,
      want: `value 'loud' of log-level is invalid. Allowed choices are trace, debug, info, warn, error, fatal, silent.`,
    },
    'a map': {
      lines: ['virtual-node-label:', '  type: virtual-kubelet'],
      line: 1,
      want: 'virtual-node-label must be one value, written as after --virtual-node-label.',
    },
    'a list': {
      lines: ['listen: [127.0.0.1:8910]'],
      line: 1,
      want: 'listen must be one value, written as after --listen.',
    },
    'no value': {
      lines: ['kubeconfig:'],
      line: 1,
      want: 'kubeconfig has no value. Give it one, or leave it out for the default.',
    },
    'a key twice': {
      lines: ['log-level: debug', 'log-level: info'],
      line: 2,
      want: 'is no YAML: Map keys must be unique',
    },
    'what is no YAML': { lines: ['log-level: "debug'], want: 'is no YAML: Missing closing "quote' },
    'what holds no keys': {
      lines: ['log-level=debug'],
      want: 'holds no settings. Write them one a line, such as log-level: debug',
    },
  };

  it.each(Object.entries(refused))('%s', async (_, { lines, line, want }) => {
    const file = configOf(...lines);

    const { settings, said, status } = await serve('--config', file);

    expect(settings).toBeUndefined();
    expect(status).not.toBe(0);
    expect(said).toContain(line === undefined ? `error: ${file}` : `error: ${file}:${line}: ${want}\n`);
    expect(said).toContain(want);
  });

  it('a wrong value, even where a flag goes before it', async () => {
    const { settings, said } = await serve('--config', configOf('api-timeout: soon'), '--api-timeout', '1s');

    expect(settings).toBeUndefined();
    expect(said).toContain("value 'soon' of api-timeout is invalid.");
  });

  it('one that is not there', async () => {
    const { settings, said } = await serve('--config', '/nowhere/serve.yaml');

    expect(settings).toBeUndefined();
    expect(said).toMatch(
      /^error: \/nowhere\/serve\.yaml: cannot be read: ENOENT[^\n]*\. Give another --config FILE, or none\.\n$/,
    );
  });
});

function nameOf(flag: string): keyof typeof DEFAULTS {
  return flag
    .slice(2)
    .replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase()) as keyof typeof DEFAULTS;
}
