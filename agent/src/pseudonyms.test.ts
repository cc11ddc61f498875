import { KeyChain } from '@tdc/shared/key-chain.ts';
import { keyEpochsOf } from '@tdc/shared/key-epoch.ts';
import { tagOf } from '@tdc/shared/pseudonym.ts';
import { describe, expect, it } from 'vitest';
import { Pseudonyms } from './pseudonyms.ts';
import type { Sighting } from './sighting.ts';

const epoch = 20_650;
const startMs = keyEpochsOf('UTC').startMs(epoch);
const key = new Uint8Array(32).fill(9);
const chain = () =>
  new KeyChain({ network: 'tdc', timeZone: 'UTC', epoch, key }, { overlapMs: 3_600_000, tagBits: 64 });
const heard = (timeMs: number, address: string): Sighting => ({
  timeMs,
  kind: 'classic',
  address,
  addressType: 'public',
});
const address = 'aa:bb:cc:dd:ee:01';

describe('pseudonyms of sightings', () => {
  it('are the same for every spelling of an address, remembered or not', () => {
    const pseudonyms = new Pseudonyms(chain());
    const expected = {
      ok: true,
      identity: { addressClass: 'public', deviceId: tagOf(key, 'tdc', 'classic', address, 64), keyEpoch: epoch },
    };
    for (const spelled of [address, address, 'AABBCCDDEE01', 'AABBCCDDEE01']) {
      expect(pseudonyms.identify(heard(startMs, spelled))).toMatchObject(expected);
    }
  });

  it('change with the epoch, and with the end of its overlap', () => {
    const pseudonyms = new Pseudonyms(chain());
    const undisturbed = chain();
    const hourMs = 3_600_000;
    for (const timeMs of [
      startMs,
      startMs + 24 * hourMs,
      startMs + 24.5 * hourMs,
      startMs + 25 * hourMs,
      startMs + 49 * hourMs,
    ]) {
      const identified = pseudonyms.identify(heard(timeMs, address));
      const tags = undisturbed.tagsAt(timeMs);
      const previousDeviceId = tags.previousTag('classic', address);
      expect(identified.ok && identified.identity).toMatchObject({
        deviceId: tags.tag('classic', address),
        keyEpoch: tags.epoch,
        ...(previousDeviceId === undefined ? {} : { previousDeviceId }),
      });
      expect(identified.ok && 'previousDeviceId' in identified.identity).toBe(previousDeviceId !== undefined);
    }
  });

  it('of unusable addresses are problems, each time', () => {
    const pseudonyms = new Pseudonyms(chain());
    const problem = {
      ok: false,
      problem: 'classic address: expected six octets in hexadecimal, such as aa:bb:cc:dd:ee:ff',
    };
    expect(pseudonyms.identify(heard(startMs, 'aa:bb'))).toEqual(problem);
    expect(pseudonyms.identify(heard(startMs, 'aa:bb'))).toEqual(problem);
  });

  it('stay right when more addresses are heard than are remembered', () => {
    const pseudonyms = new Pseudonyms(chain());
    const before = pseudonyms.identify(heard(startMs, address));
    for (let index = 0; index < 20_000; index += 1) {
      pseudonyms.identify(
        heard(
          startMs,
          `80:00:00:${(index >> 8).toString(16).padStart(2, '0')}:${(index & 255).toString(16).padStart(2, '0')}:01`,
        ),
      );
    }
    expect(pseudonyms.identify(heard(startMs, address))).toEqual(before);
  });
});
