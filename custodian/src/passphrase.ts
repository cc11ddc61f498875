import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { readSecretFile } from '@tdc/shared/secret-file.ts';

const charactersMin = 12;
const bytesMax = 1024;

export interface PassphraseSource {
  /** A file whose first line it is; absent: a person is asked on the terminal. */
  readonly file?: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stderr: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/** The passphrase of a custody. Throws InvalidInputError where there is neither a file nor a terminal. */
export async function readPassphrase(source: PassphraseSource): Promise<string> {
  if (source.file === undefined) return ask('passphrase: ', source);
  const [line = ''] = readSecretFile({ path: source.file, what: 'passphrase file', bytesMax }).split('\n');
  return line.replace(/\r$/, '');
}

/** One for a new custody, asked for twice. Throws InvalidInputError when it is short, or the two differ. */
export async function readNewPassphrase(source: PassphraseSource): Promise<string> {
  const passphrase = await readPassphrase(source);
  const { length } = [...passphrase];
  if (length < charactersMin) {
    throw new InvalidInputError(`the passphrase has ${length} characters: expected at least ${charactersMin}`, {
      field: 'passphrase',
    });
  }
  if (source.file === undefined && (await ask('again: ', source)) !== passphrase) {
    throw new InvalidInputError('the second passphrase is not the first', { field: 'passphrase' });
  }
  return passphrase;
}

/** What is typed is not shown. */
async function ask(question: string, { stdin, stderr, signal }: PassphraseSource): Promise<string> {
  if (!stdin.isTTY) {
    throw new InvalidInputError('no terminal to ask for the passphrase: give --passphrase-file', {
      field: '--passphrase-file',
    });
  }
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true });
  // Asked only once the terminal does not show what is typed any more.
  stderr.write(question);
  const interrupted = new AbortController();
  lines.on('SIGINT', () => interrupted.abort(new InvalidInputError('no passphrase was given')));
  try {
    return await lines.question('', { signal: AbortSignal.any([signal, interrupted.signal]) });
  } catch (error) {
    throw interrupted.signal.aborted ? interrupted.signal.reason : error;
  } finally {
    lines.close();
    stderr.write('\n');
  }
}
