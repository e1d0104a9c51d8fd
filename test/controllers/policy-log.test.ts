import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { PolicyLog } from '../../src/controllers/policy-log.ts';
import { aPolicy } from '../support/builders.ts';

const sound = aPolicy('spark').unit({ resource: 'ecs', max: 2 });

class Scene {
  readonly lines: { readonly level: number; readonly msg: string; readonly [field: string]: unknown }[] = [];
  readonly log = new PolicyLog(
    pino({ base: null }, { write: (line: string) => void this.lines.push(JSON.parse(line)) }),
  );
}

describe('the log', () => {
  it('tells of each version of a policy once, however often it is seen', () => {
    const { log, lines } = new Scene();

    for (const policy of [
      sound,
      sound,
      sound.status({ waiting: 1 }),
      sound.generation(2),
      sound.generation(2),
    ])
      log.seen(policy.parsed());

    expect(lines).toMatchObject([
      {
        level: 30,
        msg: 'policy in force',
        policy: 'default/spark',
        generation: 1,
        units: [{ name: 'ecs', max: 2 }],
      },
      { level: 30, msg: 'policy in force', generation: 2 },
    ]);
  });

  it('names what is wrong, and what is not enforced', () => {
    const { log, lines } = new Scene();

    log.seen(sound.unit({ resource: 'ecs', max: -1, spotInstance: true }).parsed());

    expect(lines.filter(({ level }) => level > 30)).toMatchObject([
      {
        level: 50,
        msg: 'policy is invalid; its pods wait',
        problems: ['spec.units[1].max must be a whole number, 0 or more'],
      },
      {
        level: 40,
        msg: 'policy sets fields that are not yet enforced',
        fields: ['spec.units[1].spotInstance'],
      },
    ]);
  });

  it('tells of a policy again that was removed and made anew', () => {
    const { log, lines } = new Scene();
    log.seen(sound.parsed());

    log.gone(sound.parsed());
    log.seen(sound.parsed());

    expect(lines.map(({ msg }) => msg)).toEqual(['policy in force', 'policy in force']);
  });
});
