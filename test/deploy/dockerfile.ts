/**
 * Our Dockerfile without a container engine: what it says, and its steps carried out in folders. It knows the
 * instructions that our file has and throws at every other, so that a new one is noticed.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** One FROM and what follows it. */
export interface Stage {
  /** `AS …`; undefined for the last one, which is the image. */
  readonly name: string | undefined;
  /** With the defaults of the arguments filled in. */
  readonly base: string;
  readonly steps: readonly Step[];
}

/** An instruction and all that follows it. */
export interface Step {
  readonly instruction: 'WORKDIR' | 'COPY' | 'RUN' | 'ENV' | 'USER' | 'ENTRYPOINT' | 'CMD';
  readonly rest: string;
}

const KNOWN: ReadonlySet<string> = new Set(['WORKDIR', 'COPY', 'RUN', 'ENV', 'USER', 'ENTRYPOINT', 'CMD']);

/** The stages of a Dockerfile in their order. Throws at what it does not know. */
export function parseDockerfile(text: string): readonly Stage[] {
  const defaults = new Map<string, string>();
  const stages: { name: string | undefined; base: string; steps: Step[] }[] = [];
  for (const line of text.split('\n').filter((each) => each !== '' && !each.startsWith('#'))) {
    const [, instruction = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
    if (instruction === 'ARG') {
      const [, name = '', value = ''] = /^(\w+)=(\S+)$/.exec(rest) ?? [];
      defaults.set(name, value);
    } else if (instruction === 'FROM') {
      const [reference = '', , name] = rest.split(' ');
      const base = reference.replaceAll(/\$\{(\w+)\}/g, (_all, each: string) => defaults.get(each) ?? '');
      stages.push({ name, base, steps: [] });
    } else if (isKnown(instruction)) stages.at(-1)!.steps.push({ instruction, rest });
    else throw new Error(`not known here: ${line}`);
  }
  return stages;
}

function isKnown(instruction: string): instruction is Step['instruction'] {
  return KNOWN.has(instruction);
}

/** The argument list of an instruction that is written as one, such as ENTRYPOINT. */
export function argumentsOf({ steps }: Stage, instruction: Step['instruction']): readonly string[] {
  const found = steps.findLast((step) => step.instruction === instruction);
  const list: readonly string[] = JSON.parse(found?.rest ?? '[]');
  return list;
}

/** What the steps are carried out with. */
export interface Workshop {
  /** The folder that is sent to the builder. */
  readonly context: string;
  /** An empty folder; each stage gets a folder in it that stands for its root, named as the stage, the last one `image`. */
  readonly root: string;
  /** Files that are in the base images, by their path there. */
  readonly baseFiles: Readonly<Record<string, string>>;
}

/** Carries the stages out, in their order. Rejects with the output of the command that failed. */
export async function carryOut(stages: readonly Stage[], workshop: Workshop): Promise<void> {
  const isSent = ignoring(readFileSync(join(workshop.context, '.dockerignore'), 'utf8'));
  for (const stage of stages) await carryOutStage(stage, workshop, isSent);
}

/** Where the stage's files are: its root. */
export function rootOf(root: string, stage: string | undefined): string {
  return join(root, stage ?? 'image');
}

async function carryOutStage(
  { name, steps }: Stage,
  workshop: Workshop,
  isSent: (path: string) => boolean,
): Promise<void> {
  const stageRoot = rootOf(workshop.root, name);
  mkdirSync(stageRoot);
  let workDir = '/';
  for (const { instruction, rest } of steps) {
    if (instruction === 'WORKDIR') {
      workDir = resolve(workDir, rest);
      mkdirSync(join(stageRoot, workDir), { recursive: true });
    } else if (instruction === 'RUN') {
      await shell(rest, join(stageRoot, workDir));
    } else if (instruction === 'COPY') {
      const copies = copiesOf(rest);
      const kept = copies.find(({ from, source }) => from === undefined && !isSent(source));
      if (kept !== undefined) throw new Error(`.dockerignore keeps ${kept.source} back`);
      for (const { target, ...what } of copies)
        copy({ ...what, to: join(stageRoot, resolve(workDir, target)) }, workshop);
    }
  }
}

interface Copy {
  /** A stage; undefined: the context. */
  readonly from: string | undefined;
  readonly source: string;
  readonly target: string;
}

function copiesOf(rest: string): readonly Copy[] {
  const [, from, paths = ''] = /^(?:--from=(\S+) )?(.*)$/.exec(rest) ?? [];
  const [target = '', ...sources] = paths.split(' ').toReversed();
  return sources.map((source) => ({
    from,
    source,
    target: target.endsWith('/') ? join(target, basename(source)) : target,
  }));
}

function copy(
  { from, source, to }: { readonly from: string | undefined; readonly source: string; readonly to: string },
  { context, root, baseFiles }: Workshop,
): void {
  mkdirSync(dirname(to), { recursive: true });
  const ofBase = from === undefined ? undefined : baseFiles[source];
  if (ofBase !== undefined) symlinkSync(ofBase, to);
  else cpSync(join(from === undefined ? context : rootOf(root, from), source), to, { recursive: true });
}

async function shell(command: string, cwd: string): Promise<void> {
  // With the Node.js of the project first, as it is in the base image.
  const PATH = `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`;
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_)/i.test(name));
  await run('sh', ['-c', command], { cwd, env: { ...Object.fromEntries(kept), PATH }, maxBuffer: 2 ** 24 });
}

/** Of a .dockerignore of names and `*`: whether a path of the context is sent. The last line that speaks of it decides. */
function ignoring(text: string): (path: string) => boolean {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return (path) => {
    const last = lines.findLast((line) => ['*', path].includes(line.replace('!', '')));
    return last === undefined || last.startsWith('!');
  };
}
