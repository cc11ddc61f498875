import { estimatorNames } from '@tdc/shared/network.ts';
import { z } from 'zod';
import { healthWords } from '../../query/detector-health.ts';
import { agentStatus } from './agent-status.ts';
import { detectorId, time } from './fields.ts';

export const detector = z
  .object({
    detector_id: detectorId,
    name: z.string().describe('For people; empty where none was given.'),
    latitude: z.number().nullable().describe('WGS 84 degrees; null on a made-up plane.'),
    longitude: z.number().nullable(),
    x_m: z.number().nullable().describe('Metres on a made-up plane; null for a place on Earth.'),
    y_m: z.number().nullable(),
    state: z
      .enum(healthWords)
      .describe(
        'The worst that is true: no status has come ever, or lately; it cannot hear; it can and will be in trouble.',
      ),
    reasons: z.array(z.string()).readonly().describe('Why it is not ok, for people.'),
    reported_at: time.nullable().describe("When its agent's last status came; null when none has."),
  })
  .meta({ id: 'Detector', description: 'A detector, and how it is.' });

export const detectorWithStatus = detector
  .extend({ status: agentStatus.nullable().describe('What its agent said last; null when it has said nothing.') })
  .meta({ id: 'DetectorWithStatus', description: 'A detector, with all that its agent says of itself.' });

export const link = z
  .object({
    from_detector_id: detectorId,
    to_detector_id: detectorId,
    max_seconds: z.number().describe('The longest journey that is still matched.'),
    length_m: z.number().nullable().describe('Driving distance in metres, where somebody has said it.'),
    free_flow_seconds: z
      .number()
      .nullable()
      .describe('What it takes when nothing is in the way, where somebody has said it.'),
    estimator: z.enum(estimatorNames).nullable().describe("How it is estimated; null for the network's way."),
  })
  .meta({ id: 'Link', description: 'An ordered pair of detectors between which travel times are wanted.' });
