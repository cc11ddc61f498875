import { expect, test } from 'vitest';
import { listEvents } from '../src/harness/rpc.ts';
import { until } from '../src/harness/until.ts';
import type { Device } from './guest/bluetooth/air.ts';
import { networkKey } from './network-key.ts';
import type { RadioBox } from './radio-box.ts';

const kmh = 1 / 3.6;
const carsOfEachKind = 30;
const firstMs = 8000;
const betweenCarsMs = 500;

/** A car that passes at 50 km/h, five metres away, and is heard for 200 m. */
const pass = (index: number) => ({
  closestInMs: firstMs + index * betweenCarsMs,
  speedMetresPerSecond: 50 * kmh,
  offsetMetres: 5,
  rangeMetres: 100,
});
const hex = (octet: number): string => octet.toString(16).padStart(2, '0');

const cars: readonly (Device & { readonly pass: ReturnType<typeof pass> })[] = Array.from(
  { length: carsOfEachKind },
  (_, index) => [
    {
      kind: 'ble' as const,
      address: `40:f3:08:00:00:${hex(index)}`,
      addressType: 'public' as const,
      rssiDbm: -40,
      intervalMs: 500,
      pass: pass(index),
    },
    {
      kind: 'classic' as const,
      address: `00:1a:7d:00:00:${hex(index)}`,
      classOfDevice: 0x240408,
      rssiDbm: -40,
      pass: pass(index),
    },
  ],
).flat();

const idOf = ({ kind, address }: Device): string => networkKey.pseudonymOf(kind, address);
const idsOfCars = new Set(cars.map(idOf));

const middleOf = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

export function driveBy(world: () => RadioBox): void {
  test('the reference time of a car at 50 km/h is close to when it was closest', async () => {
    const { adapter, server } = world();
    const toldMs = await adapter.setDevices(cars);
    // Until the last is out of range, and its passage has ended.
    const lastMs = performance.now() + firstMs + carsOfEachKind * betweenCarsMs + 20_000;
    const events = await until(
      'the passages',
      async () => {
        const all = (await listEvents(server.query)).filter(({ deviceId }) => idsOfCars.has(deviceId));
        return all.length === cars.length || performance.now() > lastMs ? all : undefined;
      },
      { timeoutMs: 120_000, pollMs: 1000 },
    );

    const errorsMs = { ble: [] as number[], classic: [] as number[] };
    for (const car of cars) {
      const event = events.find(({ deviceId }) => deviceId === idOf(car));
      if (event !== undefined)
        errorsMs[car.kind].push(Number(event.referenceTimeNs / 1_000_000n) - toldMs - car.pass.closestInMs);
    }
    const median = { ble: middleOf(errorsMs.ble.map(Math.abs)), classic: middleOf(errorsMs.classic.map(Math.abs)) };
    console.log(
      `drive-by: median error ${median.ble} ms of ${errorsMs.ble.length} (BLE), ${median.classic} ms of ${errorsMs.classic.length} (classic)`,
    );
    expect(errorsMs.ble.length).toBeGreaterThanOrEqual(0.9 * carsOfEachKind);
    expect(errorsMs.classic.length).toBeGreaterThanOrEqual(0.9 * carsOfEachKind);
    expect(median.ble).toBeLessThanOrEqual(1500);
    expect(median.classic).toBeLessThanOrEqual(4000);
  }, 300_000);
}
