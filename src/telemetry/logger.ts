/**
 * The logger: structured lines by pino, passed in where it is used. No secret is ever given to it.
 *
 * @module
 */
import { pino } from 'pino';

export type Logger = pino.Logger;

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * JSON lines.
 *
 * @param to default: standard output.
 */
export function createLogger(level: LogLevel, to?: pino.DestinationStream): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
  return to === undefined ? pino(options) : pino(options, to);
}
