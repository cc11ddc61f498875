import fc from 'fast-check';
import { expect, test } from 'vitest';
import { detectorAddress, historyAddress, linkAddress, namedRouteAddress, placeOf, routeAddress } from './router.ts';

const placeAt = (address: string) => placeOf(new URL(address, 'https://tdc.example.org'));

test('every page is found again by its address, whatever ids are', () => {
  const id = fc
    .string({ minLength: 1, maxLength: 20 })
    .filter((text) => text.isWellFormed() && !/^\.{1,2}$/.test(text));
  fc.assert(
    fc.property(id, id, (from, to) => {
      expect(placeAt(linkAddress(from, to))).toEqual({ page: 'link', from, to });
      expect(placeAt(historyAddress({ from, to }))).toMatchObject({ page: 'history', from, to });
      expect(placeAt(detectorAddress(from))).toEqual({ page: 'detector', id: from });
      expect(placeAt(namedRouteAddress(from))).toEqual({ page: 'named-route', id: from });
      expect(placeAt(routeAddress([from, to, from]))).toEqual({ page: 'route', detectorIds: [from, to, from] });
    }),
  );
});

test.each([
  ['/', 'overview'],
  ['/links', 'overview'],
  ['/detectors', 'overview'],
  ['/route', 'route'],
  ['/alerts', 'alerts'],
  ['/alerts/A', 'missing'],
  ['/routes', 'route'],
  ['/routes/A/B', 'missing'],
  ['/links/A', 'missing'],
  ['/links/A/B/C', 'missing'],
  ['/links/A/B/history?from_date=2026-03-01', 'history'],
  ['/links/A/B/history/C', 'missing'],
  ['/detectors/A/B', 'missing'],
  ['/detectors/A/B/history', 'missing'],
  ['/nothing', 'missing'],
  ['/links/%/B', 'link'],
])('%s is the page %s', (address, page) => {
  expect(placeAt(address).page).toBe(page);
});
