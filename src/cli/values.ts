/**
 * Values of flags and environment variables → numbers and pairs. Each parser throws with what was given and what is
 * expected; commander adds the flag's name.
 *
 * @module
 */
import { InvalidArgumentError } from 'commander';
import type { Labels } from '../facts/labels.ts';

export interface Endpoint {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

const LONGEST_MS = 24 * 3_600_000;

/** Durations as Go and Kubernetes write them: `500ms`, `30s`, `1m30s`, `2h`; more than 0, at most 24h. In milliseconds. */
export function parseDuration(text: string): number {
  const ms = parseSpan(text);
  if (ms <= 0 || ms > LONGEST_MS) throw new InvalidArgumentError(`"${text}" is not between 1ms and 24h.`);
  return ms;
}

/** As {@link parseDuration}, but of any length. */
export function parseSpan(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) {
    throw new InvalidArgumentError(`"${text}" is not a duration such as 500ms, 30s or 1m30s.`);
  }
  const ms = parts.reduce(
    (sum, [, number = '', unit = '']) => sum + Number(number) * (UNIT_MS[unit] ?? 0),
    0,
  );
  if (ms > Number.MAX_SAFE_INTEGER) throw new InvalidArgumentError(`"${text}" is too long.`);
  return ms;
}

/** `HOST:PORT`, IPv6 hosts in brackets. */
export function parseEndpoint(text: string): Endpoint {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) {
    throw new InvalidArgumentError(`"${text}" is not HOST:PORT, such as 127.0.0.1:8910 or [::1]:8910.`);
  }
  return { host: match[1] ?? match[2] ?? '', port };
}

/** As {@link parseEndpoint} takes it. */
export function endpointText({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** `key=value`, several joined by commas. */
export function parseLabels(text: string): Labels {
  const pairs = text.split(',').map((pair): [string, string] => {
    const at = pair.indexOf('=');
    if (at <= 0) throw new InvalidArgumentError(`"${text}" is not KEY=VALUE[,KEY=VALUE…].`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}

/** A whole number from 1 up. */
export function parseCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError(`"${text}" is not a whole number above 0.`);
  return value;
}

/** A whole number from 0 to 100. */
export function parsePercentage(text: string): number {
  const value = Number(text);
  if (text === '' || !Number.isInteger(value) || value < 0 || value > 100)
    throw new InvalidArgumentError(`"${text}" is not a whole number from 0 to 100.`);
  return value;
}

/** `true` or `false`. */
export function parseBoolean(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new InvalidArgumentError(`"${text}" is neither true nor false.`);
}
