/**
 * What can go wrong between us and the API server, in one type: above all whether the request may have been done.
 *
 * @module
 */
import type { JsonObject } from '../facts/json.ts';
import { asObject } from '../facts/json.ts';

/** Longest part of a foreign answer that goes into a message. */
const MAX_MESSAGE_LENGTH = 512;

/** Reasons for which there was no usable answer; all others come from the API server's Status objects. */
export type LocalReason =
  /** The bounded queue is full; nothing was sent. */
  | 'Overloaded'
  /** The deadline passed. */
  | 'DeadlineExceeded'
  /** The caller's signal was aborted. */
  | 'Aborted'
  /** {@link import('./api-client.ts').ApiRequest.mayLeave} said no when its turn had come; nothing was sent. */
  | 'Withdrawn'
  /** {@link import('./api-client.ts').ApiClient.close} was called before the request. */
  | 'Closed'
  /** No connection, or it broke. */
  | 'ConnectionFailed'
  /** A stream said nothing for its idle limit. */
  | 'Idle'
  /** Token, certificate or exec plugin could not be read; nothing was sent. */
  | 'CredentialsFailed'
  /** An answer that is no JSON, or too long. */
  | 'BadAnswer';

export interface ApiErrorDetails {
  readonly status: number;
  readonly reason: string;
  readonly message: string;
  readonly definite: boolean;
  readonly retryAfterMs?: number | undefined;
  readonly fields?: readonly string[];
  readonly cause?: unknown;
}

/** A request failed. */
export class ApiError extends Error {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** `reason` of the API server's Status, or a {@link LocalReason}; empty when somebody else (a proxy) answered. */
  readonly reason: string;
  /** True: surely nothing was done. False: it may have been done, or may still be. */
  readonly definite: boolean;
  /** Retry-After of the answer; undefined when it had none. */
  readonly retryAfterMs: number | undefined;
  /** Paths of the fields that the API server finds fault with, e.g. `metadata.uid`; mostly empty. */
  readonly fields: readonly string[];

  constructor(details: ApiErrorDetails) {
    super(details.message, { cause: details.cause });
    this.name = 'ApiError';
    this.status = details.status;
    this.reason = details.reason;
    this.definite = details.definite;
    this.retryAfterMs = details.retryAfterMs;
    this.fields = details.fields ?? [];
  }

  /** The API server itself says that the object does not exist (a proxy's 404 or an unknown path is not that). */
  get notFound(): boolean {
    return this.status === 404 && this.reason === 'NotFound';
  }
}

/** An error without an answer of the server. */
export function localError(
  reason: LocalReason,
  message: string,
  from: { definite: boolean; cause?: unknown },
): ApiError {
  return new ApiError({ status: 0, reason, message, ...from });
}

/** The error that an answer other than 2xx means. */
export function errorOfAnswer(
  what: string,
  answer: { status: number; retryAfter: string | undefined; body: string },
): ApiError {
  const said = statusObject(answer.body);
  return new ApiError({
    status: answer.status,
    reason: said.reason,
    message: `${what}: ${answer.status} ${said.message.slice(0, MAX_MESSAGE_LENGTH)}`.trimEnd(),
    definite: refusedOutright(answer.status),
    retryAfterMs: retryAfterMs(answer.retryAfter),
    fields: said.fields,
  });
}

/** 408 and 499 are the two 4xx with which a server or proxy says that it stopped waiting, not that nothing was done. */
function refusedOutright(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 499;
}

function statusObject(body: string): { reason: string; message: string; fields: string[] } {
  const status = jsonObject(body);
  if (status['kind'] !== 'Status') return { reason: '', message: body, fields: [] };
  const { reason, message, details } = status;
  const causes = asObject(details)['causes'];
  return {
    reason: typeof reason === 'string' ? reason : '',
    message: typeof message === 'string' ? message : body,
    fields: (Array.isArray(causes) ? causes : []).map(fieldOf),
  };
}

function fieldOf(cause: unknown): string {
  const { field } = asObject(cause);
  return typeof field === 'string' ? field : '';
}

function jsonObject(text: string): JsonObject {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Whole seconds only: the API server never writes the date form. */
function retryAfterMs(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,6}$/.test(value.trim()) ? Number(value) * 1000 : undefined;
}
