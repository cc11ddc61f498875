import { type Estimate, EstimateStatus, type TravelTime } from '@tdc/shared/generated/tdc/v1/estimate.ts';
import { msFromNs } from '@tdc/shared/wire.ts';
import { estimateFields, estimateRecord, statusName } from '../records/estimate-record.ts';
import type { ClientConfig } from './config.ts';
import type { View } from './formats/view.ts';
import { secondsText, timeText } from './times.ts';

export const linkText = ({ fromDetectorId, toDetectorId }: Pick<Estimate, 'fromDetectorId' | 'toDetectorId'>): string =>
  `${fromDetectorId}:${toDetectorId}`;

/** Columns of a travel time, of whatever has one. */
export function travelTimeColumns<T>(of: (item: T) => TravelTime | undefined): View<T>['columns'] {
  const column = (title: string, text: (travelTime: TravelTime) => string) => ({
    title,
    text: (item: T) => {
      const travelTime = of(item);
      return travelTime === undefined ? '' : text(travelTime);
    },
    align: 'right' as const,
  });
  const range = (low: number, high: number) => `${secondsText(low)}-${secondsText(high)}`;
  return [
    column('time', ({ meanSeconds }) => secondsText(meanSeconds)),
    column('90 % sure', ({ lowerSeconds, upperSeconds }) => range(lowerSeconds, upperSeconds)),
    column('drivers', ({ fastSeconds, slowSeconds }) => range(fastSeconds, slowSeconds)),
    column('start now', ({ departureSeconds }) => secondsText(departureSeconds)),
    column('delay', ({ delaySeconds }) => secondsText(delaySeconds)),
  ];
}

/** How estimates are shown; the last hours of a link as a line, where they are known. */
export function estimateView(
  config: Pick<ClientConfig, 'utc'>,
  sparkline: (estimate: Estimate) => string | undefined,
): View<Estimate> {
  return {
    columns: [
      { title: 'link', text: linkText },
      { title: 'minute', text: ({ timeNs }) => timeText(msFromNs(timeNs), config) },
      ...travelTimeColumns<Estimate>(({ travelTime }) => travelTime),
      { title: 'n', text: ({ samples }) => String(samples), align: 'right' },
      { title: 'status', text: statusText, widthMin: 7 },
      { title: 'last 3 h', text: (estimate) => sparkline(estimate) ?? '' },
    ],
    fields: estimateFields,
    record: estimateRecord,
  };
}

function statusText({ status, ageSeconds, clockOffsetSeconds, revision }: Estimate): string {
  const age =
    ageSeconds === undefined || status === EstimateStatus.ESTIMATE_STATUS_LIVE
      ? ''
      : `, ${secondsText(ageSeconds)} old`;
  const clock = clockOffsetSeconds === undefined ? '' : `, clocks ${Math.round(clockOffsetSeconds)} s apart`;
  return `${statusName(status)}${clock}${age}${revision > 1 ? `, revision ${revision}` : ''}`;
}
