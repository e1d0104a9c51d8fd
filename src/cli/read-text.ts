/**
 * Reads the files that a command is given.
 *
 * @module
 */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { messageOf } from '../facts/message-of.ts';
import type { Unreadable } from './manifests.ts';
import type { TextFile } from './plan-files.ts';

/** @param file `-` is standard input. */
export async function readText(file: string): Promise<TextFile | Unreadable> {
  const name = file === '-' ? '<stdin>' : file;
  try {
    return { name, text: file === '-' ? await text(process.stdin) : await readFile(file, 'utf8') };
  } catch (error) {
    const isFolder = error instanceof Error && 'code' in error && error.code === 'EISDIR';
    const message = isFolder
      ? `is a folder: give its files, such as ${file.replace(/\/$/, '')}/*.yaml`
      : `cannot be read: ${messageOf(error)}`;
    return { file: name, line: undefined, message };
  }
}
