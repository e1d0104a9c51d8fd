/** `resource-policy lint` as a process: what is printed where, and the exit codes that scripts rely on. */
import { describe, expect, it, vi } from 'vitest';
import type { Ran } from '../support/program.ts';
import { run, SOURCES } from '../support/program.ts';

const EXAMPLE = 'examples/spark-pi/resourcepolicy.yaml';
const FLAWED = `apiVersion: scheduling.alibabacloud.com/v1alpha1
kind: ResourcePolicy
metadata: {name: spark}
spec:
  units:
    - {resource: ecs, max: 0}
    - {resource: eci}
`;
const FINDING = 'max 0 takes no pod; remove the unit, or raise max (absent means no limit)';

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

function lint(args: readonly string[], input = ''): Promise<Ran> {
  return run([...SOURCES, 'lint', ...args], { input });
}

describe('resource-policy lint', () => {
  it('a clean policy: exit code 0, nothing on standard output', async () => {
    expect(await lint([EXAMPLE])).toEqual({ status: 0, out: '', err: '1 policy, nothing found\n' });
  });

  it('the example with its job: the pod that the demo shows waiting', async () => {
    const { status, out } = await lint([EXAMPLE, 'examples/spark-pi/spark-pi.yaml']);

    expect(status).toBe(1);
    expect(out).toBe(
      `${EXAMPLE}:16: policy sparkapplication-resource-policy: spec.units: together the units take at most 5 pods of a ` +
        'group, and SparkApplication spark-pi has 6: 1 of them waits until others end; raise a max, or add a unit ' +
        'without one [max-below-job]\n',
    );
  });

  it('findings: exit code 1, a line each', async () => {
    expect(await lint(['-'], FLAWED)).toEqual({
      status: 1,
      out: `<stdin>:6: policy spark: spec.units[0].max: ${FINDING} [takes-no-pod]\n`,
      err: '1 policy, 1 finding\n',
    });
  });

  it('-o json: for programs', async () => {
    const { status, out } = await lint(['-', EXAMPLE, '-o', 'json'], FLAWED);

    expect(status).toBe(1);
    expect(JSON.parse(out)).toEqual({
      findings: [
        {
          file: '<stdin>',
          line: 6,
          namespace: 'default',
          policy: 'spark',
          path: 'spec.units[0].max',
          code: 'takes-no-pod',
          message: FINDING,
        },
        {
          file: EXAMPLE,
          line: 13,
          namespace: 'default',
          policy: 'sparkapplication-resource-policy',
          path: 'spec.selector',
          code: 'overlapping-policies',
          message:
            'ResourcePolicy spark selects every pod that this one does too, and a pod that two policies select is not ' +
            'scheduled; change the selectors so that one does',
        },
      ],
      unreadable: [],
    });
  });

  it('an invalid policy: exit code 2', async () => {
    expect(await lint(['-'], FLAWED.replace('max: 0', 'max: few'))).toEqual({
      status: 2,
      out: '<stdin>:6: policy spark: spec.units[0].max: must be a whole number, 0 or more [invalid]\n',
      err: '1 policy, 1 finding\n',
    });
  });

  it('a file that is not there: exit code 2, the others are judged all the same', async () => {
    const { status, out, err } = await lint(['nowhere.yaml', '-'], FLAWED);

    expect(status).toBe(2);
    expect(out).toContain('[takes-no-pod]');
    expect(err).toMatch(/^nowhere\.yaml: cannot be read: ENOENT[^\n]*\n1 policy, 1 finding\n$/);
  });

  it('a folder: exit code 2, with the way out', async () => {
    const { status, err } = await lint(['examples/']);

    expect(status).toBe(2);
    expect(err).toBe('examples/: is a folder: give its files, such as examples/*.yaml\n');
  });

  it('no YAML: exit code 2, with file and line', async () => {
    const { status, out, err } = await lint(['-'], 'kind: ResourcePolicy\nspec: [\n');

    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toMatch(/^<stdin>:\d: is no YAML: [^\n]+\n$/);
  });

  it('no policy at all: exit code 2, since a check that checks nothing should not pass', async () => {
    expect(await lint(['-'], 'kind: Pod\n')).toEqual({
      status: 2,
      out: '',
      err: 'no ResourcePolicy in what was given\n',
    });
  });

  it('wrong usage: exit code 2', async () => {
    const { status, err } = await lint(['--cluster', 'x']);

    expect(status).toBe(2);
    expect(err).toBe("error: unknown option '--cluster'\n");
  });

  it('--help: exit code 0, with the exit codes', async () => {
    const { status, out } = await lint(['--help']);

    expect(status).toBe(0);
    expect(out).toContain(
      'Exit code: 0 nothing found, 1 findings, 2 wrong usage, or a policy is invalid or a file cannot be read.',
    );
  });
});
