import { closeSync, fsyncSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { textOf } from '@tdc/shared/config-file.ts';
import { InvalidInputError, UnavailableError } from '@tdc/shared/errors.ts';

/** A token in a file on the boot partition, for a box without a keyboard: any computer can write it there, and read how it went. */
export class TokenFile {
  readonly #file: string;
  readonly #resultFile: string;

  constructor(file: string) {
    this.#file = file;
    this.#resultFile = `${file.replace(/\.txt$/i, '')}.result.txt`;
  }

  /** Its first line that is not empty and no comment (#); undefined when there is no file. Throws InvalidInputError when it cannot be read or is empty. */
  read(): string | undefined {
    const content = this.#text();
    if (content === undefined) return undefined;
    const lines = content.replace(/^\uFEFF/, '').split(/\r?\n/);
    const line = lines.map((each) => each.trim()).find((each) => each !== '' && !each.startsWith('#'));
    if (line !== undefined) return line;
    const problem = `${this.#file} is empty: expected a token, as "tdc enrol create" printed it`;
    throw new InvalidInputError(problem, { field: '--file' });
  }

  /** The token is used: it goes, and what was told of an earlier failure. Throws UnavailableError when they cannot be removed. */
  succeeded(): void {
    this.#change(() => {
      rmSync(this.#file);
      rmSync(this.#resultFile, { force: true });
      const folder = openSync(dirname(this.#file), 'r');
      fsyncSync(folder);
      closeSync(folder);
    });
  }

  /** Leaves why the box is not enrolled beside the token. */
  failed(reason: string, nowMs: number): void {
    const time = new Date(nowMs).toISOString();
    const lines = [
      `This box is not enrolled: ${reason}`,
      `Tried at ${time} by the clock of the box. It is tried again at each start, for as long as the file with the token is there.`,
    ];
    // What reads it may be any editor.
    this.#change(() => writeFileSync(this.#resultFile, `${lines.join('\r\n')}\r\n`));
  }

  #text(): string | undefined {
    try {
      return textOf(this.#file);
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  #change(action: () => void): void {
    try {
      action();
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new UnavailableError(`${this.#file}: ${why}`, { cause });
    }
  }
}
