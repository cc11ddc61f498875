/** What holds between routes and links, in every backend. */
import { PreconditionError } from '@tdc/shared/errors.ts';
import { linksAlong, type Route } from '@tdc/shared/network.ts';

/** Throws PreconditionError where two detectors of the route that follow each other are not linked. */
export function expectLinked(
  { detectorIds }: Route,
  areLinked: (fromDetectorId: string, toDetectorId: string) => boolean,
): void {
  for (const [i, { fromDetectorId, toDetectorId }] of linksAlong(detectorIds).entries()) {
    if (areLinked(fromDetectorId, toDetectorId)) continue;
    throw new PreconditionError(`there is no link from ${fromDetectorId} to ${toDetectorId}`, {
      field: `route.detector_ids[${i + 1}]`,
    });
  }
}

/** Throws PreconditionError while one of the routes leads along the link. */
export function expectNoRouteAlong(routes: readonly Route[], fromDetectorId: string, toDetectorId: string): void {
  const route = routes.find(({ detectorIds }) =>
    linksAlong(detectorIds).some((way) => way.fromDetectorId === fromDetectorId && way.toDetectorId === toDetectorId),
  );
  if (route === undefined) return;
  throw new PreconditionError(
    `the link from ${fromDetectorId} to ${toDetectorId} cannot go while the route ${route.id} leads along it`,
    { field: 'from_detector_id' },
  );
}
