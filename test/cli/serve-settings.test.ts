import { beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULTS, FLAGS, serve, variable, withoutOwnSettings } from '../support/serve-flags.ts';

beforeEach(withoutOwnSettings);

const TLS = ['--tls-cert', 'c', '--tls-key', 'k', '--client-ca', 'a'];

describe('settings', () => {
  it('have defaults', async () => {
    expect((await serve()).settings).toEqual(DEFAULTS);
  });

  it('are these and no others', () => {
    expect(Object.keys(FLAGS).length).toBe(Object.keys(DEFAULTS).length);
  });

  it.for(Object.entries(FLAGS))('%s is a flag', async ([flag, { value, beside = [], want }]) => {
    expect((await serve(flag, value, ...beside)).settings).toEqual({ ...DEFAULTS, ...want });
  });

  it.for(Object.entries(FLAGS))(
    '%s is an environment variable',
    async ([flag, { value, beside = [], want }]) => {
      vi.stubEnv(variable(flag), value);

      expect((await serve(...beside)).settings).toEqual({ ...DEFAULTS, ...want });
    },
  );

  it('are those of the flags when the environment says otherwise', async () => {
    vi.stubEnv('RESOURCE_POLICY_LISTEN', '127.0.0.1:1');
    vi.stubEnv('RESOURCE_POLICY_LOG_LEVEL', 'error');

    expect((await serve('--listen', '127.0.0.1:2')).settings).toMatchObject({
      listen: { host: '127.0.0.1', port: 2 },
      logLevel: 'error',
    });
  });

  it.for([
    '127.0.0.1:1',
    '127.8.9.10:1',
    '127.255.255.255:1',
    '[::1]:1',
    '[0:0::1]:1',
    '[::ffff:127.0.0.1]:1',
  ])('may listen without TLS on %s', async (address) => {
    expect((await serve('--listen', address)).settings).toBeDefined();
  });

  it('have localhost looked up: it is listened on the address that was found harmless', async () => {
    expect((await serve('--listen', 'LocalHost:1')).settings).toMatchObject({
      listen: { host: expect.stringMatching(/^(127\.0\.0\.1|::1)$/), port: 1 },
    });
  });

  it.for(['0.0.0.0:1', '[::]:1', '10.0.0.7:1', 'extender.example.com:1'])(
    'may listen with TLS on %s',
    async (address) => {
      const { settings } = await serve('--listen', address, ...TLS);

      expect(settings).toMatchObject({ tlsCert: 'c', tlsKey: 'k', clientCa: 'a' });
    },
  );
});

describe('the page', () => {
  it('may be anywhere with TLS', async () => {
    const { settings } = await serve('--page', '0.0.0.0:8912', ...TLS);

    expect(settings).toMatchObject({ page: { host: '0.0.0.0', port: 8912 } });
  });

  it('at localhost is at the address that was found harmless', async () => {
    expect((await serve('--page', 'localhost:8912')).settings).toMatchObject({
      page: { host: expect.stringMatching(/^(127\.0\.0\.1|::1)$/), port: 8912 },
    });
  });
});

describe('what is refused before anything starts', () => {
  const refused: Record<string, { flags: readonly string[]; want: readonly string[] }> = {
    'every address': {
      flags: ['--listen', '0.0.0.0:8910'],
      want: [
        'error: --listen 0.0.0.0:8910 is not a loopback address, and whoever reaches it can bind pods.',
        'listen on 127.0.0.1',
        '--tls-cert FILE --tls-key FILE --client-ca FILE',
      ],
    },
    'every IPv6 address': {
      flags: ['--listen', '[::]:1'],
      want: ['--listen [::]:1 is not a loopback address'],
    },
    'an address of the network': {
      flags: ['--listen', '10.0.0.7:8910'],
      want: ['--listen 10.0.0.7:8910 is not a loopback address'],
    },
    'a name that only starts like a loopback address': {
      flags: ['--listen', '127.0.0.1.example.com:80'],
      want: ['is not a loopback address'],
    },
    'what only looks like a loopback address': {
      flags: ['--listen', '127.0.0.256:80'],
      want: ['is not a loopback address'],
    },
    'a name that only starts like localhost': {
      flags: ['--listen', 'localhost.example.com:80'],
      want: ['is not a loopback address'],
    },
    'an address of the network written as an IPv6 one': {
      flags: ['--listen', '[::ffff:10.0.0.7]:80'],
      want: ['--listen [::ffff:10.0.0.7]:80 is not a loopback address'],
    },
    'TLS that would show no certificate': {
      flags: ['--client-ca', 'a'],
      want: ['there is no --tls-cert and no --tls-key'],
    },
    'TLS that would let everybody in': {
      flags: ['--listen', '0.0.0.0:1', '--tls-cert', 'c', '--tls-key', 'k'],
      want: ['error: TLS needs --tls-cert, --tls-key and --client-ca, and there is no --client-ca.'],
    },
    'probes nowhere': {
      flags: ['--probes', '8912'],
      want: ["option '--probes <host:port>' argument '8912' is invalid.", 'is not HOST:PORT'],
    },
    'a page for everybody': {
      flags: ['--page', '0.0.0.0:8912'],
      want: [
        'error: --page 0.0.0.0:8912 is not a loopback address, and whoever reaches it can read the names and labels of pods.',
        '--tls-cert FILE --tls-key FILE --client-ca FILE',
      ],
    },
    'a page under a name that only starts like localhost': {
      flags: ['--page', 'localhost.example.com:8912'],
      want: ['--page localhost.example.com:8912 is not a loopback address'],
    },
    'an address without a port': {
      flags: ['--listen', '127.0.0.1'],
      want: ["option '--listen <host:port>' argument '127.0.0.1' is invalid.", 'is not HOST:PORT'],
    },
    'a duration without a unit': {
      flags: ['--max-silence', '30'],
      want: ["option '--max-silence <duration>' argument '30' is invalid.", 'such as 500ms, 30s or 1m30s'],
    },
    'no connections': {
      flags: ['--api-connections', '0'],
      want: ["option '--api-connections <count>' argument '0' is invalid.", 'not a whole number above 0'],
    },
    'a flag that is neither on nor off': {
      flags: ['--bind-verb', 'yes'],
      want: ["option '--bind-verb <boolean>' argument 'yes' is invalid.", 'neither true nor false'],
    },
    'a label without a value': {
      flags: ['--virtual-node-label', 'virtual'],
      want: ["option '--virtual-node-label <key=value>' argument 'virtual' is invalid.", 'KEY=VALUE'],
    },
    'a level that does not exist': {
      flags: ['--log-level', 'loud'],
      want: [
        "argument 'loud' is invalid",
        'Allowed choices are trace, debug, info, warn, error, fatal, silent',
      ],
    },
    'a flag without its value': {
      flags: ['--kubeconfig'],
      want: ["option '--kubeconfig <file>' argument missing"],
    },
    'a misspelt flag': {
      flags: ['--kubeconfg', 'f'],
      want: ["unknown option '--kubeconfg'", 'Did you mean --kubeconfig?'],
    },
    'a webhook on every address': {
      flags: ['--admission', '0.0.0.0:8911'],
      want: ["option '--admission <host:port>' argument '0.0.0.0:8911' is invalid.", 'can reach'],
    },
    'a webhook on every IPv6 address': {
      flags: ['--admission', '[::]:8911'],
      want: ["option '--admission <host:port>' argument '[::]:8911' is invalid.", 'can reach'],
    },
    'a webhook that the API server cannot name': {
      flags: ['--admission', '10.0.0.7:8911', '--admission-name', 'My_Hook'],
      want: ["option '--admission-name <name>' argument 'My_Hook' is invalid.", 'lower-case letters'],
    },
    'a scheduler for the pods of no webhook': {
      flags: ['--admission-scheduler-name', 'own'],
      want: ['error: --admission-scheduler-name is for the webhook, which needs --admission HOST:PORT.'],
    },
    'a word that is no flag': { flags: ['now'], want: ['too many arguments'] },
  };

  it.for(Object.entries(refused))('%s', async ([, { flags, want }]) => {
    const { settings, said, status } = await serve(...flags);

    expect(settings).toBeUndefined();
    expect(status).toBe(1);
    for (const text of want) expect(said).toContain(text);
  });

  it('a wrong value from the environment, by the variable’s name', async () => {
    vi.stubEnv('RESOURCE_POLICY_API_TIMEOUT', 'soon');

    const { settings, said } = await serve();

    expect(settings).toBeUndefined();
    expect(said).toContain("value 'soon' from env 'RESOURCE_POLICY_API_TIMEOUT' is invalid.");
    expect(said).toContain('such as 500ms, 30s or 1m30s');
  });

  it('an address of the network from the environment', async () => {
    vi.stubEnv('RESOURCE_POLICY_LISTEN', '0.0.0.0:8910');

    expect((await serve()).said).toContain('is not a loopback address');
  });
});

describe('--help', () => {
  const flags: Record<string, string> = {
    '--config <file>': '(env: RESOURCE_POLICY_CONFIG)',
    '--kubeconfig <file>': '(env: RESOURCE_POLICY_KUBECONFIG)',
    '--listen <host:port>': '(default: 127.0.0.1:8910, env: RESOURCE_POLICY_LISTEN)',
    '--virtual-node-label <key=value>':
      '(default: type=virtual-kubelet, env: RESOURCE_POLICY_VIRTUAL_NODE_LABEL)',
    '--bind-verb <boolean>': '(default: true, env: RESOURCE_POLICY_BIND_VERB)',
    '--percentage-of-nodes-to-score <count>':
      '(default: 0, env: RESOURCE_POLICY_PERCENTAGE_OF_NODES_TO_SCORE)',
    '--reservation-timeout <duration>': '(default: 1m, env: RESOURCE_POLICY_RESERVATION_TIMEOUT)',
    '--max-silence <duration>': '(default: 3m, env: RESOURCE_POLICY_MAX_SILENCE)',
    '--api-timeout <duration>': '(default: 10s, env: RESOURCE_POLICY_API_TIMEOUT)',
    '--api-connections <count>': '(default: 32, env: RESOURCE_POLICY_API_CONNECTIONS)',
    '--body-limit-mb <count>': '(default: 64, env: RESOURCE_POLICY_BODY_LIMIT_MB)',
    '--prices <file>': '(env: RESOURCE_POLICY_PRICES)',
    '--shutdown-timeout <duration>': '(default: 25s, env: RESOURCE_POLICY_SHUTDOWN_TIMEOUT)',
    '--log-level <level>': 'default: "info", env: RESOURCE_POLICY_LOG_LEVEL)',
    '--tls-cert <file>': '(env: RESOURCE_POLICY_TLS_CERT)',
    '--tls-key <file>': '(env: RESOURCE_POLICY_TLS_KEY)',
    '--client-ca <file>': '(env: RESOURCE_POLICY_CLIENT_CA)',
    '--probes <host:port>': '(env: RESOURCE_POLICY_PROBES)',
    '--page <host:port>': '(env: RESOURCE_POLICY_PAGE)',
    '--admission <host:port>': '(env: RESOURCE_POLICY_ADMISSION)',
    '--admission-name <name>': '(default: "resource-policy", env: RESOURCE_POLICY_ADMISSION_NAME)',
    '--admission-scheduler-name <name>': '(env: RESOURCE_POLICY_ADMISSION_SCHEDULER_NAME)',
  };

  it.for(Object.entries(flags))('explains %s', async ([flag, want]) => {
    const { said, status } = await serve('--help');

    const words = said.replaceAll(/\s+/g, ' ');
    const explained = words.slice(words.indexOf(` ${flag} `)).slice(flag.length);
    expect(status).toBe(0);
    expect(explained.slice(0, explained.indexOf(' --'))).toContain(want);
  });

  it('explains every flag there is', async () => {
    const { said } = await serve('--help');

    const there = [...said.matchAll(/^ {2}(--\S+ <\S+>)/gm)].map(([, flag]) => flag);
    expect(there).toEqual(Object.keys(flags));
  });

  it('shows how it is used', async () => {
    expect((await serve('--help')).said).toContain('$ resource-policy serve --kubeconfig ~/.kube/config');
  });
});
