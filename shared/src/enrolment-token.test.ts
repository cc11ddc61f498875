import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromCrockford, toCrockford } from './crockford.ts';
import {
  type EnrolmentToken,
  formatEnrolmentToken,
  newEnrolmentSecret,
  parseEnrolmentToken,
} from './enrolment-token.ts';
import { InvalidInputError } from './errors.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const tokens: fc.Arbitrary<EnrolmentToken> = fc.record({
  detectorId: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
  collectorAddress: fc.constantFrom('collector.example:9000', '[2001:db8::1]:9000', '10.0.0.7:19000'),
  pin: bytes(16),
  secret: bytes(12),
});
const plain = ({ pin, secret, ...rest }: EnrolmentToken) => ({ ...rest, pin: [...pin], secret: [...secret] });

test('bytes in base 32 come back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (given) => {
      const text = toCrockford(given);
      expect(text).toHaveLength(Math.ceil((given.length * 8) / 5));
      expect([...(fromCrockford(text) ?? [])].slice(0, given.length)).toEqual([...given]);
    }),
  );
});

describe('an enrolment token', () => {
  const token = { detectorId: 'D1', collectorAddress: 'collector.example:9000', pin: new Uint8Array(16).fill(0x5a) };

  test('is one line, which a person can read and type', () => {
    const text = formatEnrolmentToken({ ...token, secret: new Uint8Array(12).fill(3) });
    expect(text).toMatch(/^D1@collector\.example:9000\/([0-9A-HJKMNP-TV-Z]{6}-){7}[0-9A-HJKMNP-TV-Z]{6}$/);
  });

  test('comes back as it was, however it is typed', () => {
    fc.assert(
      fc.property(tokens, (given) => {
        const text = formatEnrolmentToken(given);
        const [name = '', code = ''] = text.split('/');
        expect(plain(parseEnrolmentToken(text))).toEqual(plain(given));
        const typed = code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
        expect(plain(parseEnrolmentToken(` ${name}/${typed}\n`))).toEqual(plain(given));
      }),
    );
  });

  test('is refused with any one character of it mistyped, but for one in 65,536', () => {
    let missed = 0;
    const text = formatEnrolmentToken({ ...token, secret: newEnrolmentSecret() });
    const others = 'A7ZQ';
    for (let at = 0; at < text.length; at += 1) {
      for (const other of others) {
        if (other === text[at]?.toUpperCase() || text[at] === '-') continue;
        try {
          parseEnrolmentToken(text.slice(0, at) + other + text.slice(at + 1));
          missed += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInputError);
        }
      }
    }
    expect(missed).toBeLessThanOrEqual(2);
  });

  test.each([
    ['nothing', '', /no token: expected detector@host:port/],
    ['a text', 'hello', /no token/],
    ['a long text', `D1@h:1/${'A'.repeat(600)}`, /no token/],
    ['a detector that is none', `D.1@h:1/${'A'.repeat(48)}`, /its detector "D\.1": expected 1 to 64/],
    ['a collector without a port', `D1@host/${'A'.repeat(48)}`, /its collector "host": expected host:port/],
    ['a token that is cut short', `D1@h:1/${'A'.repeat(47)}`, /47 characters behind the slash: expected 48/],
    ['a letter that no token has', `D1@h:1/${'U'.repeat(48)}`, /there is no U in it/],
    ['another checksum', `D1@h:1/${'A'.repeat(48)}`, /checksum is wrong: a character is mistyped/],
  ])('%s is refused with what was expected, and without telling the secret', (_, text, reason) => {
    expect(() => parseEnrolmentToken(text)).toThrow(InvalidInputError);
    expect(() => parseEnrolmentToken(text)).toThrow(reason);
    expect(() => parseEnrolmentToken(text)).not.toThrow(/AAAAAA/);
  });
});
