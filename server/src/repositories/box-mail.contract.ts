import { PreconditionError } from '@tdc/shared/errors.ts';
import { expect, test } from 'vitest';
import type { StoredLetter } from '../box-mail-store.ts';
import { type ContractSubject, detector, never, t0 } from './contract-subject.ts';

const letter = (given: Partial<StoredLetter> = {}): StoredLetter => ({
  detectorId: 'D1',
  kind: 'key',
  sequence: 1,
  body: Uint8Array.from([0, 1, 255, 10]),
  putAtMs: t0,
  ...given,
});

/** Letters to boxes, and the keys of boxes. */
export function boxMailContract({ repository, reopen }: ContractSubject): void {
  test('the last key of each known box is kept', async () => {
    const key = (detectorId: string, octet: number) => ({
      detectorId,
      publicKey: new Uint8Array(32).fill(octet),
      putAtMs: t0 + octet,
    });
    const { boxMail } = repository();
    for (const each of [key('D2', 1), key('D1', 2), key('D2', 3)]) await boxMail.putBoxKey(each, never);
    await expect(boxMail.putBoxKey(key('D9', 4), never)).rejects.toThrow(PreconditionError);
    await reopen();
    expect(await repository().boxMail.boxKeys(never)).toEqual([key('D1', 2), key('D2', 3)]);
    expect(await repository().boxMail.boxKey('D2', never)).toEqual(key('D2', 3));
    expect(await repository().boxMail.boxKey('D3', never)).toBeUndefined();
  });

  test('a box has one letter of a kind: the one of the highest sequence', async () => {
    const { boxMail } = repository();
    const second = letter({ sequence: 2, body: new Uint8Array(16_384).fill(7), putAtMs: t0 + 1 });
    for (const each of [letter(), letter({ detectorId: 'D2' }), second]) await boxMail.putLetter(each, never);
    await boxMail.putLetter({ ...second, putAtMs: t0 + 2 }, never);
    for (const old of [letter(), letter({ sequence: 2 })]) {
      await expect(boxMail.putLetter(old, never)).rejects.toThrow('letter 2 is there: expected a higher sequence');
    }
    await expect(boxMail.putLetter(letter({ detectorId: 'D9' }), never)).rejects.toThrow(PreconditionError);
    await reopen();
    expect(await repository().boxMail.letters('D1', never)).toEqual([second]);
    expect(await repository().boxMail.letters('D3', never)).toEqual([]);
    expect(await repository().boxMail.letters(undefined, never)).toEqual([second, letter({ detectorId: 'D2' })]);
  });

  test('a letter goes when it is acknowledged, and not for the acknowledgement of an older one', async () => {
    const { boxMail } = repository();
    await boxMail.putLetter(letter({ sequence: 5 }), never);
    await boxMail.putLetter(letter({ detectorId: 'D2', sequence: 5 }), never);
    await boxMail.removeLetter(letter({ sequence: 4 }), never);
    expect(await boxMail.letters('D1', never)).toHaveLength(1);
    for (let again = 0; again < 2; again++) await boxMail.removeLetter(letter({ sequence: 5 }), never);
    expect(await boxMail.letters(undefined, never)).toEqual([letter({ detectorId: 'D2', sequence: 5 })]);
  });

  test('letters of two kinds do not touch each other', async () => {
    const { boxMail } = repository();
    const configuration = letter({ kind: 'configuration', sequence: 2 });
    for (const each of [letter({ sequence: 9 }), configuration]) await boxMail.putLetter(each, never);
    await reopen();
    expect(await repository().boxMail.letters('D1', never)).toEqual([configuration, letter({ sequence: 9 })]);
    await repository().boxMail.removeLetter(letter({ sequence: 9 }), never);
    expect(await repository().boxMail.letters('D1', never)).toEqual([configuration]);
  });

  test('letters go by their age', async () => {
    const { boxMail } = repository();
    await boxMail.putLetter(letter({ putAtMs: t0 - 1 }), never);
    await boxMail.putLetter(letter({ detectorId: 'D2' }), never);
    await boxMail.removeLettersBefore(t0, never);
    await boxMail.removeLettersBefore(t0, never);
    expect(await boxMail.letters(undefined, never)).toEqual([letter({ detectorId: 'D2' })]);
  });

  test('key and letters of a box go with its detector', async () => {
    const { boxMail, network } = repository();
    await boxMail.putBoxKey({ detectorId: 'D1', publicKey: new Uint8Array(32), putAtMs: t0 }, never);
    await boxMail.putLetter(letter(), never);
    await network.deleteDetector('D1', never);
    await network.putDetector(detector('D1'), never);
    expect(await boxMail.boxKey('D1', never)).toBeUndefined();
    expect(await boxMail.letters(undefined, never)).toEqual([]);
  });

  test('of letters that come at the same time the one of the highest sequence stays', async () => {
    const { boxMail } = repository();
    const sequences = [3, 1, 5, 2, 4];
    await Promise.allSettled(sequences.map((sequence) => boxMail.putLetter(letter({ sequence }), never)));
    expect(await boxMail.letters('D1', never)).toEqual([letter({ sequence: 5 })]);
  });
}
