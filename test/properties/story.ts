/**
 * What happened in one world, line by line, and the first thing that was wrong.
 *
 * @module
 */
export class Story {
  readonly #lines: string[] = [];
  #violation: string | undefined;

  note(line: string): void {
    this.#lines.push(line);
  }

  expect(isTrue: boolean, otherwise: string | (() => string)): void {
    if (!isTrue) this.#violation ??= typeof otherwise === 'string' ? otherwise : otherwise();
  }

  /** @throws {Error} that tells the story, if something was wrong. */
  check(): void {
    if (this.#violation !== undefined) throw new Error(`${this.#violation}\n${this.#lines.join('\n')}`);
  }
}
