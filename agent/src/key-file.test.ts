import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidInputError, NotFoundError, PreconditionError, UnavailableError } from '@tdc/shared/errors.ts';
import type { KeyChainState } from '@tdc/shared/key-chain.ts';
import { formatKeyText, parseKeyText } from '@tdc/shared/key-text.ts';
import { generateKey } from '@tdc/shared/new-key.ts';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createKeyFile, readKeyFile, writeKeyFile } from './key-file.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tdc-key-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const key = Uint8Array.from({ length: 32 }, (_, index) => index);
const state: KeyChainState = { network: 'tdc', timeZone: 'Europe/Berlin', epoch: 20_650, key };
const file = () => join(directory, 'state', 'key.json');
const thrownBy = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('the key file', () => {
  it('gives back what was written, and nobody else may read it', () => {
    const previous = { epoch: 20_649, key: key.toReversed(), untilMs: 1_784_000_000_123 };
    const replacement = { epoch: 20_651, key: key.toReversed(), fromMs: 1_784_000_000_456 };
    writeKeyFile(file(), { ...state, previous, replacement, letter: 7 });
    expect(readKeyFile(file())).toEqual({ ...state, previous, replacement, letter: 7 });
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'state')).mode & 0o777).toBe(0o700);
    writeKeyFile(file(), state);
    expect(readKeyFile(file())).toEqual(state);
    expect(readdirSync(join(directory, 'state'))).toEqual(['key.json']);
  });

  it('is not made where there is one', () => {
    createKeyFile(file(), state);
    expect(() => createKeyFile(file(), { ...state, epoch: 1 })).toThrow(PreconditionError);
    expect(readKeyFile(file())).toEqual(state);
    expect(readdirSync(join(directory, 'state'))).toEqual(['key.json']);
  });

  it('that is missing tells how to make one', () => {
    const error = thrownBy(() => readKeyFile(file()));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toHaveProperty('message', expect.stringContaining('tdc-agent key generate'));
  });

  it.each([0o640, 0o604, 0o660])('that others can use (mode %o) is refused', (mode) => {
    writeKeyFile(file(), state);
    chmodSync(file(), mode);
    expect(thrownBy(() => readKeyFile(file()))).toEqual(
      new InvalidInputError(
        `key file ${file()} is open to others (mode 0${mode.toString(8)}): expected 0600, as "chmod 600 ${file()}" sets it`,
      ),
    );
  });

  it('that cannot be read or written says so', () => {
    mkdirSync(file(), { recursive: true, mode: 0o700 });
    expect(thrownBy(() => readKeyFile(file()))).toBeInstanceOf(UnavailableError);
    expect(thrownBy(() => writeKeyFile(file(), state))).toBeInstanceOf(UnavailableError);
  });

  it('that was cut short or damaged is refused without telling what is in it', () => {
    const text = formatKeyText(state);
    const secret = Buffer.from(key).toString('base64');
    fc.assert(
      // So short that what is added cannot mend it.
      fc.property(fc.nat({ max: text.length - 6 }), fc.string({ minLength: 0, maxLength: 3 }), (at, insertion) => {
        const error = thrownBy(() => parseKeyText(text.slice(0, at) + insertion, 'key file k'));
        expect(error).toBeInstanceOf(InvalidInputError);
        expect(error).toHaveProperty('message', expect.stringMatching(/^key file k holds no usable key: /));
        expect(String(error)).not.toContain(secret.slice(0, 12));
      }),
    );
  });

  it('that is not right names every field at fault and what was expected', () => {
    const text = JSON.stringify({ network: '', time_zone: 'Mars/Olympus', epoch: -1, key: 'c2hvcnQ=', note: 'sec' });
    const error = thrownBy(() => parseKeyText(text, 'standard input'));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message.split(/: |; /)).toEqual([
      'standard input holds no usable key',
      'network',
      'expected 1 to 64 characters, no control characters',
      'time_zone',
      'expected a zone of the IANA database, such as Europe/Berlin or UTC',
      'epoch',
      'expected 0 or more',
      'key',
      'expected 32 bytes in base64',
      'the key',
      'holds a field that is not known',
    ]);
  });

  it('of too many bytes is not read', () => {
    mkdirSync(join(directory, 'state'));
    writeFileSync(file(), ' '.repeat(20_000), { mode: 0o600 });
    expect(() => readKeyFile(file())).toThrow('20000 bytes');
  });
});

describe('a generated key', () => {
  it('is for the epoch of now unless another is given, and random', () => {
    const nowMs = Date.parse('2026-07-10T02:30:00+02:00');
    const made = generateKey({ network: 'tdc', timeZone: 'Europe/Berlin', nowMs });
    expect(made.epoch).toBe(Date.parse('2026-07-09T00:00:00Z') / 86_400_000);
    expect(generateKey({ network: 'tdc', timeZone: 'Europe/Berlin', nowMs, epoch: 7 }).epoch).toBe(7);
    expect(generateKey({ network: 'tdc', timeZone: 'Europe/Berlin', nowMs }).key).not.toEqual(made.key);
    expect(parseKeyText(formatKeyText(made), 'x')).toEqual(made);
  });
});
