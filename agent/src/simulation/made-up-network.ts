import type { Network } from '@tdc/shared/network.ts';

/** For tests: a road of four detectors with a side road, both ways. */
export const madeUpNetwork: Pick<Network, 'detectors' | 'links'> = {
  detectors: [
    { id: 'A', name: '', position: { type: 'plane', xM: 0, yM: 0 } },
    { id: 'B', name: '', position: { type: 'plane', xM: 1400, yM: 0 } },
    { id: 'C', name: '', position: { type: 'plane', xM: 3000, yM: 0 } },
    { id: 'S', name: '', position: { type: 'plane', xM: 1400, yM: 900 } },
  ],
  links: (
    [
      ['A', 'B', 1450],
      ['B', 'C', undefined],
      ['B', 'S', undefined],
    ] as const
  ).flatMap(([from, to, lengthM]) => {
    const link = { maxSeconds: 1800, ...(lengthM === undefined ? {} : { lengthM }) };
    return [
      { fromDetectorId: from, toDetectorId: to, ...link },
      { fromDetectorId: to, toDetectorId: from, ...link },
    ];
  }),
};
