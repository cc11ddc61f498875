import { InvalidInputError } from '@tdc/shared/errors.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodePageToken, encodePageToken, fingerprintOf } from './page-token.ts';

const { id, detectorId, deviceId } = madeUpEvent();
const fingerprint = fingerprintOf({ order: 'oldest-first' });

test('a token gives back its place to the query that it is of', () => {
  const token = encodePageToken(fingerprint, { id, detectorId, deviceId });
  expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(decodePageToken(fingerprint, token)).toEqual({ id, detectorId, deviceId });
});

test('the token of another query is refused by name', () => {
  const token = encodePageToken(fingerprintOf({ order: 'newest-first' }), { id, detectorId, deviceId });
  expect(() => decodePageToken(fingerprint, token)).toThrow(/of another query/);
  expect(() => decodePageToken(fingerprint, token)).toThrow(expect.objectContaining({ field: 'page_token' }));
});

test('whatever else comes as a token is refused', () => {
  const encoded = fc.json().map((json) => Buffer.from(json).toString('base64url'));
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), encoded), (token) => {
      expect(() => decodePageToken(fingerprint, token)).toThrow(InvalidInputError);
    }),
  );
});
