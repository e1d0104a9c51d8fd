/**
 * The command line of the chaos tests.
 *
 * @module
 */
import { parseArgs } from 'node:util';
import type { FaultKind } from './faults/kinds.ts';
import { FAULTS, isFaultKind, kindsFor } from './faults/kinds.ts';

/** What is wanted. */
export type Wanted =
  | { readonly mode: 'help' }
  | {
      readonly mode: 'faults';
      readonly minutes: number;
      readonly seed: number;
      readonly kinds: readonly FaultKind[];
      /** Whether they were chosen by name. */
      readonly isSelection: boolean;
      readonly replicas: number;
      readonly logLevel: string;
    }
  | { readonly mode: 'kills'; readonly kills: number; readonly pods: number }
  | { readonly mode: 'churn'; readonly minutes: number };

export const USAGE = `npm run test:chaos -- [--minutes 5] [--seed S] [--faults a,b,…] [--replicas 2] [--log-level info]
  bursts of pods and faults at random; the seed decides which, and is printed
npm run test:chaos -- --kills 30 [--pods 5000]
  SIGKILLs of the extender during one burst
npm run test:chaos -- --churn [--minutes 60]
  pods come and go, memory is watched

Faults:
${Object.entries(FAULTS)
  .map(([kind, what]) => `  ${kind.padEnd(24)} ${what}`)
  .join('\n')}
`;

/** @throws {Error} for what is not understood; its message is for the user. */
export function parseOptions(args: readonly string[], someSeed: number): Wanted {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string' },
      seed: { type: 'string' },
      faults: { type: 'string' },
      replicas: { type: 'string' },
      'log-level': { type: 'string', default: 'info' },
      kills: { type: 'string' },
      pods: { type: 'string' },
      churn: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) return { mode: 'help' };
  if (values.churn === true) return { mode: 'churn', minutes: positive('minutes', values.minutes, 60) };
  if (values.kills !== undefined) {
    const kills = positive('kills', values.kills, 0);
    return { mode: 'kills', kills, pods: positive('pods', values.pods, 5_000) };
  }
  const replicas = positive('replicas', values.replicas, 2);
  return {
    mode: 'faults',
    minutes: positive('minutes', values.minutes, 5),
    seed: positive('seed', values.seed, someSeed),
    kinds: values.faults === undefined ? kindsFor(replicas) : parseKinds(values.faults, replicas),
    isSelection: values.faults !== undefined,
    replicas,
    logLevel: values['log-level'],
  };
}

function parseKinds(text: string, replicas: number): FaultKind[] {
  const names = text.split(',').map((name) => name.trim());
  const possible = kindsFor(replicas);
  return names.map((name) => {
    if (!isFaultKind(name)) throw new Error(`there is no fault ${name}; --help lists them`);
    if (!possible.includes(name)) throw new Error(`${name} needs --replicas 2`);
    return name;
  });
}

function positive(name: string, text: string | undefined, absent: number): number {
  if (text === undefined) return absent;
  const number = Number(text);
  if (!Number.isFinite(number) || number <= 0) throw new Error(`--${name} ${text} is no positive number`);
  return number;
}
