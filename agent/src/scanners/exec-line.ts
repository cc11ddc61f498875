import { classOfDeviceMax } from '@tdc/shared/device-class.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { kinds } from '@tdc/shared/event.ts';
import { z } from 'zod';
import type { Sighting } from '../sighting.ts';

/** Bytes of a line at most. */
export const lineBytesMax = 1000;

/** How far the time that a program gives may be from the clock: what is read late, and what a camera's clock may be ahead. */
const behindMsMax = 60_000;
const aheadMsMax = 5000;

const lineSchema = z
  .object({
    kind: z.enum(kinds),
    address: z.string().min(1).max(100),
    address_type: z.enum(['public', 'random', 'unknown']).default('unknown'),
    rssi: z.number().min(-127).max(20).optional(),
    time: z.iso.datetime({ offset: true }).optional(),
    class_of_device: z.int().min(0).max(classOfDeviceMax).optional(),
  })
  .refine(({ kind, class_of_device: given }) => given === undefined || kind === 'classic', {
    path: ['class_of_device'],
  });

export interface ExecSighting {
  readonly sighting: Omit<Sighting, 'timeMs'>;
  /** How long ago it was, milliseconds; negative for what is ahead of the clock. */
  readonly ageMs: number;
}

/**
 * A sighting of a line of JSON, such as {"kind": "anpr", "address": "B AB 1234"}; without a time it is of now. Throws InvalidInputError in words
 * that never hold the address, as in a broken line it can be anywhere.
 */
export function parseExecLine(line: string, nowMs: number): ExecSighting {
  const parsed = lineSchema.safeParse(jsonOf(line));
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new InvalidInputError(field === '' ? 'expected an object' : `${field}: not as expected`, { field });
  }
  const { kind, address, address_type: addressType, rssi, time, class_of_device: deviceClass } = parsed.data;
  const timeMs = time === undefined ? nowMs : Date.parse(time);
  if (timeMs < nowMs - behindMsMax || timeMs > nowMs + aheadMsMax) {
    throw new InvalidInputError(
      `time: expected from ${behindMsMax / 1000} s before now to ${aheadMsMax / 1000} s after`,
      {
        field: 'time',
      },
    );
  }
  return {
    ageMs: nowMs - timeMs,
    sighting: {
      kind,
      address,
      addressType,
      ...(rssi === undefined ? {} : { rssiDbm: Math.round(rssi) }),
      ...(deviceClass === undefined ? {} : { deviceClass }),
    },
  };
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // The parser's message quotes the line.
    throw new InvalidInputError('expected JSON');
  }
}
