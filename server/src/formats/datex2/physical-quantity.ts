import type { Position } from '@tdc/shared/network.ts';
import type { EstimateRecord } from '../../records/estimate-record.ts';
import { isoTime } from '../../records/iso-time.ts';
import type { LiveLink } from '../live-link.ts';
import { driversDeviationOf } from '../spread.ts';
import { type Element, multilingual, writable } from './element.ts';
import { type Fault, faultOf } from './fault.ts';
import type { Publisher } from './publisher.ts';

/** Latitude before longitude, both in degrees of WGS 84. */
const srsName = 'urn:ogc:def:crs:EPSG::4326';
/** 1 cm; GML takes no exponents. */
const degreeDigits = 7;
/** The schema wants a number where there is none; it comes with dataError. */
const noDuration = -1;

/** Of a link what those took who have arrived, and what those are to expect who start now. */
export function physicalQuantitiesOf(live: LiveLink, publisher: Publisher, nowMs: number): readonly Element[] {
  const { estimate } = live;
  const fault = faultOf(estimate);
  const arrived = {
    'roa:travelTimeType': 'reconstituted',
    'roa:travelTime': arrivedValue(estimate, fault),
    ...durationIfKnown('roa:freeFlowTravelTime', estimate?.free_flow_seconds ?? live.link.freeFlowSeconds),
    ...durationIfKnown('roa:travelTimeDelay', fault?.isError === true ? undefined : estimate?.delay_seconds),
  };
  const quantityOf = (forecast: boolean, values: Element): Element => ({
    '@_xsi:type': 'roa:SinglePhysicalQuantity',
    'roa:forecast': forecast,
    'roa:pertinentLocation': locationOf(live, publisher),
    ...(fault === undefined
      ? {}
      : { 'roa:physicalQuantityFault': faultElement(fault, estimate?.time ?? isoTime(nowMs)) }),
    'roa:basicData': { '@_xsi:type': 'roa:TravelTimeData', ...timeOf(estimate), ...values },
  });
  const departure = estimate?.departure_seconds ?? undefined;
  if (departure === undefined || fault?.isError === true) return [quantityOf(false, arrived)];
  const expected = {
    'roa:travelTimeType': 'estimated',
    'roa:travelTime': { '@_numberOfInputValuesUsed': estimate?.samples ?? 0, 'roa:duration': departure },
  };
  return [quantityOf(false, arrived), quantityOf(true, expected)];
}

function arrivedValue(estimate: EstimateRecord | undefined, fault: Fault | undefined): Element {
  const mean = estimate?.mean_seconds ?? undefined;
  return {
    ...qualityOf(estimate, fault),
    ...(fault?.isError === true
      ? { 'com:dataError': true, 'com:reasonForDataError': multilingual(fault.description) }
      : {}),
    'roa:duration': mean ?? noDuration,
  };
}

function qualityOf(estimate: EstimateRecord | undefined, fault: Fault | undefined): Element {
  const { mean_seconds: mean = null, lower_seconds: lower = null, upper_seconds: upper = null } = estimate ?? {};
  const counted = { '@_numberOfInputValuesUsed': estimate?.samples ?? 0 };
  if (estimate === undefined || mean === null || lower === null || upper === null || mean <= 0) {
    return { ...counted, '@_supplierCalculatedDataQuality': 0 };
  }
  const accuracy = rounded((100 * (upper - lower)) / 2 / mean);
  const quality = fault?.isError === true ? 0 : rounded(Math.max(0, 100 - accuracy));
  return {
    '@_accuracy': accuracy,
    '@_computationalMethod': 'arithmeticAverageOfSamplesInATimePeriod',
    ...counted,
    '@_standardDeviation': rounded(driversDeviationOf(estimate) ?? 0),
    '@_supplierCalculatedDataQuality': quality,
  };
}

const rounded = (value: number): number => Math.round(value * 10) / 10;

const durationIfKnown = (name: string, seconds: number | null | undefined): Element =>
  seconds === null || seconds === undefined ? {} : { [name]: { 'roa:duration': seconds } };

const timeOf = (estimate: EstimateRecord | undefined): Element =>
  estimate === undefined
    ? {}
    : {
        'roa:measurementOrCalculationTime': {
          '@_timePrecision': 'minute',
          'roa:timeMeaning': 'endTime',
          'roa:timeValue': estimate.time,
        },
      };

const faultElement = ({ type, description }: Fault, time: string): Element => ({
  'com:faultDescription': multilingual(description),
  'com:faultLastUpdateTime': time,
  'roa:physicalQuantityFaultType': type,
});

function locationOf({ link, from, to }: LiveLink, publisher: Publisher): Element {
  const [begin, end] = [pointOf(from?.position), pointOf(to?.position)];
  const description = `${from?.name || link.fromDetectorId} - ${to?.name || link.toDetectorId}`;
  return {
    '@_xsi:type': 'loc:LinearLocation',
    'loc:externalReferencing': {
      'loc:externalLocationCode': `${link.fromDetectorId}:${link.toDetectorId}`,
      'loc:externalReferencingSystem': writable(publisher.identifier),
    },
    'loc:supplementaryPositionalDescription': { 'loc:locationDescription': multilingual(description) },
    ...(begin === undefined || end === undefined
      ? {}
      : {
          'loc:gmlLineString': {
            ...{ '@_srsDimension': 2, '@_srsName': srsName },
            'loc:posList': `${begin} ${end}`,
          },
        }),
  };
}

const pointOf = (position: Position | undefined): string | undefined =>
  position?.type === 'geo'
    ? [position.latitude, position.longitude].map((degrees) => degrees.toFixed(degreeDigits)).join(' ')
    : undefined;
