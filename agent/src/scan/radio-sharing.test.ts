import { expect, test } from 'vitest';
import { sharedRadios } from './radio-sharing.ts';

test.each([
  [['ble'], ['classic'], ['the Bluetooth adapter']],
  [
    ['ble', 'classic', 'wifi-monitor'],
    ['ble', 'wifi-access-points'],
    ['the Bluetooth adapter', 'the Wi-Fi interface'],
  ],
  [['ble'], ['wifi-monitor'], []],
  [['exec'], ['exec'], ['the program of exec']],
  [['simulated'], ['simulated'], []],
  [['ble'], [], []],
])('%j beside %j wants %j', (names, others, radios) => {
  expect(sharedRadios(names, others)).toEqual(radios);
});
