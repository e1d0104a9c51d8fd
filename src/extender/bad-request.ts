/**
 * What a caller is told that sends something else than kube-scheduler does.
 *
 * @module
 */

import { BadBody } from '../http/json-body.ts';

/** Names of fields come from the body, so they may be of any length. */
const LONGEST_MESSAGE = 300;

/** The request cannot be read; the message says what is wrong with which field. */
export class BadRequest extends BadBody {
  constructor(message: string) {
    super(message.slice(0, LONGEST_MESSAGE));
  }
}
