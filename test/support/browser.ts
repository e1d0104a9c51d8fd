/**
 * Chromium for tests that look at pages: CHROMIUM_PATH, else chromium or google-chrome on the PATH, else one that is fetched
 * once with npm, of a pinned version and checksum, into .cache/browser (Linux on x64).
 *
 * @module
 */
import { execFile } from 'node:child_process';
import {
  accessSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';

const ROOT = join(import.meta.dirname, '../..');
const FETCHED = join(ROOT, '.cache/browser');
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const HOW_TO_GET_IT =
  'Install Chromium (Debian: apt-get install chromium), or set CHROMIUM_PATH to a Chromium or Chrome of recent date.';

interface Found {
  readonly path: string;
  /** What it needs in its environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** @throws {Error} that says how to get a browser, when there is none. */
export async function openBrowser(): Promise<Browser> {
  const { path, env } = findBrowser() ?? (await fetchBrowser());
  try {
    return await chromium.launch({
      executablePath: path,
      env: { ...process.env, ...env },
      // Tests run as root in containers, where Chromium's sandbox does not work; they look at pages of their own only.
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    });
  } catch (error) {
    throw new Error(`the browser ${path} does not start. ${HOW_TO_GET_IT}`, { cause: error });
  }
}

function findBrowser(): Found | undefined {
  const given = process.env['CHROMIUM_PATH'];
  if (given !== undefined && given !== '') return { path: given, env: {} };
  const directories = (process.env['PATH'] ?? '').split(delimiter);
  const path = NAMES.flatMap((name) => directories.map((directory) => join(directory, name))).find(isProgram);
  return path === undefined ? undefined : { path, env: {} };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A program of its package unpacks it, together with the libraries that a bare system lacks. */
const UNPACK = `
import { dirname, join } from 'node:path';
import chromium, { inflate } from '@sparticuz/chromium';
const bin = join(dirname(dirname(import.meta.resolve('@sparticuz/chromium').slice('file://'.length))), 'bin');
await inflate(join(bin, 'al2023.tar.br'));
await chromium.executablePath();
`;

/** Its own fonts, for systems that have none; its own file looks for them elsewhere. */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>${FETCHED}/unpacked/fonts</dir>
  <cachedir>${FETCHED}/fonts-cache</cachedir>
</fontconfig>
`;

async function fetchBrowser(): Promise<Found> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(`There is no Chromium on the PATH, and none to fetch for this system. ${HOW_TO_GET_IT}`);
  const found = {
    path: join(FETCHED, 'unpacked/chromium'),
    env: {
      LD_LIBRARY_PATH: join(FETCHED, 'unpacked/al2023/lib'),
      FONTCONFIG_FILE: join(FETCHED, 'fonts.conf'),
    },
  };
  if (existsSync(join(FETCHED, 'complete'))) return found;
  rmSync(FETCHED, { recursive: true, force: true });
  const draft = `${FETCHED}-${process.pid}`;
  mkdirSync(join(draft, 'unpacked'), { recursive: true });
  try {
    cpSync(join(import.meta.dirname, 'browser'), draft, { recursive: true });
    writeFileSync(join(draft, 'unpack.mjs'), UNPACK);
    const run = promisify(execFile);
    const timeout = 600_000;
    await run('npm', ['ci', '--ignore-scripts', '--no-audit'], { cwd: draft, timeout });
    // Only where the package takes itself to be in a cloud does it unpack elsewhere than in the folder for temporary files.
    await run(process.execPath, ['unpack.mjs'], {
      cwd: draft,
      timeout,
      env: { ...process.env, TMPDIR: join(draft, 'unpacked') },
    });
    rmSync(join(draft, 'node_modules'), { recursive: true });
    writeFileSync(join(draft, 'fonts.conf'), FONTS);
    writeFileSync(join(draft, 'complete'), '');
    renameSync(draft, FETCHED);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw new Error(
      `There is no Chromium on the PATH, and it could not be fetched with npm. ${HOW_TO_GET_IT}`,
      {
        cause: error,
      },
    );
  }
  return found;
}
