import { NotFoundError } from '@tdc/shared/errors.ts';
import { statusJson } from '@tdc/shared/status-json.ts';
import { z } from 'zod';
import { healthOf, silentAfterSecondsDefault } from '../../query/detector-health.ts';
import { detectorStates } from '../../query/detector-states.ts';
import { detectorRecord } from '../../records/detector-record.ts';
import { admittedOf } from '../admission.ts';
import type { HttpApp } from '../app.ts';
import type { HttpContext } from '../context.ts';
import { detectorId, staleFields, staleness, wholeNumberParameter } from '../schemas/fields.ts';
import { detector, detectorWithStatus } from '../schemas/network.ts';
import { problemResponses, readingAs } from './reading.ts';

export const detectorsQuery = z.strictObject({
  silent_after_seconds: wholeNumberParameter(
    1,
    86_400,
    silentAfterSecondsDefault,
    'A detector without a status for so long is silent.',
  ),
});
const detectorList = z.object({ detectors: z.array(detector), ...staleFields });

export function addDetectorRoutes(app: HttpApp, { repository, clock }: HttpContext): void {
  app.get(
    '/api/v1/detectors',
    {
      config: readingAs('listDetectors'),
      schema: {
        operationId: 'listDetectors',
        summary: 'The detectors, and how they are',
        tags: ['network'],
        querystring: detectorsQuery,
        response: { 200: detectorList, ...problemResponses },
      },
    },
    async (request) => {
      const states = await detectorStates(repository, admittedOf(request).signal);
      const silentAfterMs = request.query.silent_after_seconds * 1000;
      const detectors = states.map((state) => detectorRecord(healthOf(state, clock.nowMs(), silentAfterMs)));
      return { detectors, ...staleness(repository) };
    },
  );
  app.get(
    '/api/v1/detectors/:detector_id',
    {
      config: readingAs('listDetectors'),
      schema: {
        operationId: 'getDetector',
        summary: 'One detector, with all that its agent says of itself',
        tags: ['network'],
        params: z.object({ detector_id: detectorId }),
        querystring: detectorsQuery,
        response: { 200: z.object({ detector: detectorWithStatus, ...staleFields }), ...problemResponses },
      },
    },
    async (request) => {
      const id = request.params.detector_id;
      const states = await detectorStates(repository, admittedOf(request).signal);
      const state = states.find((each) => each.detector.id === id);
      if (state === undefined)
        throw new NotFoundError(`there is no detector ${id} in the network`, { field: 'detector_id' });
      const health = healthOf(state, clock.nowMs(), request.query.silent_after_seconds * 1000);
      const status = state.reported === undefined ? null : statusJson(state.reported.status);
      return { detector: { ...detectorRecord(health), status }, ...staleness(repository) };
    },
  );
}
