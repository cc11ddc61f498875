import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import type { Random } from './random.ts';

/** A line of a recording. */
export interface RecordedSighting {
  readonly timeMs: number;
  readonly detectorId: string;
  readonly kind: string;
  readonly address: string;
  readonly addressType: string;
  readonly rssiDbm: number | undefined;
}

const header = 'time_ms,detector,kind,address,address_type,rssi';

export function recordingText(sightings: readonly RecordedSighting[]): string {
  const lines = sightings.map(({ timeMs, detectorId, kind, address, addressType, rssiDbm }) =>
    [timeMs, detectorId, kind, address, addressType, rssiDbm ?? ''].join(','),
  );
  return `${[header, ...lines].join('\n')}\n`;
}

export async function readRecording(file: string): Promise<readonly RecordedSighting[]> {
  const bytes = await readFile(file);
  const rows = parse(file.endsWith('.gz') ? gunzipSync(bytes) : bytes, { columns: true }) as Record<string, string>[];
  return rows.map((row) => ({
    timeMs: Number(row.time_ms),
    detectorId: row.detector ?? '',
    kind: row.kind ?? '',
    address: row.address ?? '',
    addressType: row.address_type ?? '',
    rssiDbm: row.rssi === '' ? undefined : Number(row.rssi),
  }));
}

const hexByte = (byte: number) => byte.toString(16).padStart(2, '0');

function macAddress(random: Random, firstByte: (byte: number) => number): string {
  const bytes = Array.from({ length: 6 }, () => random.between(0, 255));
  return bytes.map((byte, index) => hexByte(index === 0 ? firstByte(byte) : byte)).join(':');
}

/** A device of any kind, with an address of a class that is right for it. */
function randomDevice(random: Random): Pick<RecordedSighting, 'kind' | 'address' | 'addressType'> {
  const letter = () => String.fromCharCode(random.between(65, 90));
  switch (random.between(0, 6)) {
    case 0:
      return { kind: 'classic', address: macAddress(random, (byte) => byte & 0xfc), addressType: 'public' };
    case 1:
      return { kind: 'ble', address: macAddress(random, (byte) => byte & 0xfc), addressType: 'public' };
    case 2:
      return { kind: 'ble', address: macAddress(random, (byte) => byte | 0xc0), addressType: 'random' };
    case 3:
      return { kind: 'ble', address: macAddress(random, (byte) => (byte & 0x3f) | 0x40), addressType: 'random' };
    case 4:
      return { kind: 'wifi', address: macAddress(random, (byte) => byte & 0xfc), addressType: 'public' };
    case 5:
      return { kind: 'wifi', address: macAddress(random, (byte) => (byte & 0xfc) | 0x02), addressType: 'random' };
    default: {
      const plate = `${letter()}${letter()}${random.between(1000, 9999)}${letter()}${letter()}`;
      return { kind: 'anpr', address: plate, addressType: 'unknown' };
    }
  }
}

/** Made-up traffic at one detector: each vehicle passes once, heard some times on its way; in the order of time. */
export function randomRecording(
  random: Random,
  { detectorId, vehicles, durationMs }: { detectorId: string; vehicles: number; durationMs: number },
): readonly RecordedSighting[] {
  const sightings: RecordedSighting[] = [];
  for (let vehicle = 0; vehicle < vehicles; vehicle += 1) {
    const device = randomDevice(random);
    let timeMs = random.between(0, durationMs);
    for (let heard = random.between(1, 6); heard > 0; heard -= 1) {
      const rssiDbm = device.kind === 'anpr' ? undefined : random.between(-95, -45);
      sightings.push({ timeMs, detectorId, ...device, rssiDbm });
      timeMs += random.between(100, 4000);
    }
  }
  return sightings.sort((a, b) => a.timeMs - b.timeMs);
}
