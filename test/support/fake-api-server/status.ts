/**
 * The API server's Status answers.
 *
 * @module
 */

/** An answer other than success. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  /** Path of the field at fault. */
  readonly field: string | undefined;

  constructor(code: number, reason: string, message: string, field?: string) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.field = field;
  }
}

export const notFound = (what: string): StatusError => new StatusError(404, 'NotFound', `${what} not found`);
export const conflict = (message: string): StatusError => new StatusError(409, 'Conflict', message);
export const expired = (): StatusError => new StatusError(410, 'Expired', 'too old resource version');

export function statusObject(error: StatusError): Record<string, unknown> {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: error.message,
    reason: error.reason,
    code: error.code,
    ...(error.field === undefined
      ? {}
      : { details: { causes: [{ field: error.field, message: error.message }] } }),
  };
}

export const SUCCESS = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
