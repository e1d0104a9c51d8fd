/**
 * What the verbs share: the body is parsed in one place, bad input gets a clear answer and one log line, and each
 * call is timed from the complete body to the answer.
 *
 * @module
 */
import { messageOf } from '../facts/message-of.ts';
import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from '../telemetry/logger.ts';
import type { CallOutcome, VerbName } from '../telemetry/outcomes.ts';
import { BadBody, parseJson } from '../http/json-body.ts';

export interface Verb<Args, Result> {
  readonly name: VerbName;
  /** @throws {BadBody} when the body is not what kube-scheduler sends. */
  parse(body: unknown): Args;
  /** Never throws or rejects for anything the caller did. */
  answer(args: Args): Answer<Result> | Promise<Answer<Result>>;
}

export interface Answer<Result> {
  readonly result: Result;
  readonly outcome: CallOutcome;
}

/** Told of every answered call; without seconds when its body could not be read. */
export type Observe = (verb: VerbName, outcome: CallOutcome, seconds?: number) => void;

/** An express handler for a verb; the body comes in as bytes. */
export function handler<Args, Result>(
  verb: Verb<Args, Result>,
  logger: Logger,
  observe: Observe,
): RequestHandler {
  return async (request: Request, response: Response): Promise<void> => {
    const startMs = performance.now();
    const done = (outcome: CallOutcome): void =>
      observe(verb.name, outcome, (performance.now() - startMs) / 1000);
    try {
      const args = verb.parse(parseJson(request.body, 'the JSON that kube-scheduler sends'));
      const { result, outcome } = await verb.answer(args);
      response.json(result);
      done(outcome);
    } catch (error) {
      const isTheirs = error instanceof BadBody;
      const message = messageOf(error);
      logger[isTheirs ? 'warn' : 'error'](
        { verb: verb.name, err: isTheirs ? undefined : error },
        `${verb.name}: ${message}`,
      );
      // kube-scheduler sends no such thing and shows only the status; the text is for whoever tries it by hand.
      response.status(isTheirs ? 400 : 500).json({ Error: `resource-policy: ${message}` });
      done(isTheirs ? 'bad-request' : 'internal-error');
    }
  };
}
