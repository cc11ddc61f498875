import type { DetectorHealth } from '../query/detector-health.ts';
import { isoTime } from './iso-time.ts';

/** A detector and how it is, for programs. */
export const detectorRecord = ({ detector, word, reasons, contact }: DetectorHealth) => ({
  detector_id: detector.id,
  name: detector.name,
  latitude: detector.position.type === 'geo' ? detector.position.latitude : null,
  longitude: detector.position.type === 'geo' ? detector.position.longitude : null,
  x_m: detector.position.type === 'plane' ? detector.position.xM : null,
  y_m: detector.position.type === 'plane' ? detector.position.yM : null,
  state: word,
  reasons,
  reported_at: contact === undefined ? null : isoTime(contact.reportedAtMs),
});
