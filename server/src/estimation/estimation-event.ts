import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import { z } from 'zod';

/** What matching and estimating need of an event. */
export type EstimationEvent = Pick<
  DetectionEvent,
  | 'id'
  | 'detectorId'
  | 'kind'
  | 'addressClass'
  | 'deviceId'
  | 'previousDeviceId'
  | 'referenceTimeMs'
  | 'resident'
  | 'clockQuality'
  | 'madeAtMs'
>;

const lineSchema = z.object({
  id: z.string(),
  detector: z.string().min(1),
  kind: z.enum(['classic', 'ble', 'wifi', 'anpr', 'imsi']),
  address_class: z.enum(['public', 'random-static', 'resolvable', 'non-resolvable', 'local']),
  device: z.string().min(1),
  previous_device: z.string().optional(),
  reference_time_ms: z.number(),
  resident: z.boolean(),
  clock: z.enum(['synchronised', 'corrected', 'unsynchronised']),
  made_at_ms: z.number(),
});

/** An event of a line that `tdc-agent replay --out` wrote. Throws InvalidInputError naming the field; `place` is where it stands. */
export function parseEventLine(line: string, place: string): EstimationEvent {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch (error) {
    throw new InvalidInputError(
      `${place}: expected an event as JSON: ${error instanceof Error ? error.message : error}`,
    );
  }
  const parsed = lineSchema.safeParse(json);
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    const field = first?.path.join('.') ?? '';
    throw new InvalidInputError(`${place}: ${field} ${first?.message}`, { field });
  }
  const { data } = parsed;
  return {
    id: data.id,
    detectorId: data.detector,
    kind: data.kind,
    addressClass: data.address_class,
    deviceId: data.device,
    ...(data.previous_device === undefined ? {} : { previousDeviceId: data.previous_device }),
    referenceTimeMs: data.reference_time_ms,
    resident: data.resident,
    clockQuality: data.clock,
    madeAtMs: data.made_at_ms,
  };
}
