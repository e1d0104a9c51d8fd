/**
 * Settings from a file: YAML whose keys are the flags' names without the dashes.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import type { Command, Option } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { Document, Pair } from 'yaml';
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { messageOf } from '../facts/message-of.ts';

/** The flag that names the file, which cannot stand in one. */
export const CONFIG_FLAG = 'config';

/**
 * Gives the options of the command, which has been parsed, the values of the file; what came by flag or from the
 * environment stays. Values are written as after a flag, paths are relative to the working directory. Nothing in the
 * file that could be a mistake is passed over: not an unknown key, and not a wrong value that a flag goes before.
 *
 * @returns what is wrong, for the user; undefined: nothing.
 */
export async function takeConfig(command: Command, file: string): Promise<string | undefined> {
  try {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      throw new Problem(`cannot be read: ${messageOf(error)}. Give another --config FILE, or none.`);
    });
    for (const { option, value } of settingsOf(command, text)) {
      const name = option.attributeName();
      const source = command.getOptionValueSource(name);
      if (source === undefined || source === 'default')
        command.setOptionValueWithSource(name, value, 'config');
    }
    return undefined;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return `error: ${file}${error.line === undefined ? '' : `:${error.line}`}: ${error.message}`;
  }
}

class Problem extends Error {
  override readonly name = 'Problem';
  /** From 1; undefined: the file as a whole. */
  readonly line: number | undefined;

  constructor(message: string, line?: number) {
    super(message);
    this.line = line;
  }
}

interface Setting {
  readonly option: Option;
  readonly value: unknown;
}

function settingsOf(command: Command, text: string): readonly Setting[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined)
    throw new Problem(`is no YAML: ${error.message}`, lines.linePos(error.pos[0]).line);
  return pairsOf(document).map((pair) => {
    const key = isScalar(pair.key) ? pair.key : undefined;
    const line = key?.range && lines.linePos(key.range[0]).line;
    const option = optionOf(command, String(key?.value), line ?? undefined);
    return { option, value: valueOf(pair.value, option, line ?? undefined) };
  });
}

function pairsOf({ contents }: Document.Parsed): readonly Pair[] {
  // An empty file, or one of comments.
  if (contents === null || (isScalar(contents) && contents.value === null)) return [];
  if (isMap(contents)) return contents.items;
  throw new Problem('holds no settings. Write them one a line, such as log-level: debug');
}

function optionOf(command: Command, key: string, line: number | undefined): Option {
  const options = command.options.filter((option) => option.name() !== CONFIG_FLAG);
  const option = options.find((each) => each.name() === key);
  if (option !== undefined) return option;
  const meant = options.find((each) => lettersOf(each.name()) === lettersOf(key));
  const wayOut =
    meant === undefined
      ? `Keys are the flags of ${command.name()} without the dashes, see ${command.name()} --help.`
      : `Did you mean ${meant.name()}?`;
  throw new Problem(`${key} is no setting. ${wayOut}`, line);
}

/** `maxSilence`, `max_silence` and `--max-silence` are all the same mistake. */
function lettersOf(key: string): string {
  return key.replaceAll(/[^a-z0-9]/gi, '').toLowerCase();
}

function valueOf(node: unknown, option: Option, line: number | undefined): unknown {
  const key = option.name();
  if (!isScalar(node)) throw new Problem(`${key} must be one value, written as after --${key}.`, line);
  if (node.value === null)
    throw new Problem(`${key} has no value. Give it one, or leave it out for the default.`, line);
  // Numbers and booleans as they are written.
  const text = typeof node.value === 'string' ? node.value : (node.source ?? '');
  try {
    return option.parseArg === undefined ? text : option.parseArg(text, undefined);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw new Problem(`value '${text}' of ${key} is invalid. ${error.message}`, line);
  }
}
