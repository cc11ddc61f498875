import type { Position } from '@tdc/shared/network.ts';
import { isoTime } from '../../records/iso-time.ts';
import { driversDeviationOf } from '../spread.ts';
import { type Element, multilingual, writable } from './element.ts';
import type { Fault } from './fault.ts';
import type { Measured } from './measured.ts';
import type { Publisher } from './publisher.ts';

/** Latitude before longitude, both in degrees of WGS 84. */
const srsName = 'urn:ogc:def:crs:EPSG::4326';
/** 1 cm; GML takes no exponents. */
const degreeDigits = 7;
/** The schema wants a number where there is none; it comes with dataError. */
const noDuration = -1;

/** Of a link or route what those took who have arrived, and what those are to expect who start now. */
export function physicalQuantitiesOf(measured: Measured, publisher: Publisher, nowMs: number): readonly Element[] {
  const { known, fault } = measured;
  const arrived = {
    'roa:travelTimeType': 'reconstituted',
    'roa:travelTime': arrivedValue(measured),
    ...durationIfKnown('roa:freeFlowTravelTime', measured.freeFlowSeconds),
    ...durationIfKnown('roa:travelTimeDelay', fault?.isError === true ? undefined : known?.delay_seconds),
  };
  const quantityOf = (forecast: boolean, values: Element): Element => ({
    '@_xsi:type': 'roa:SinglePhysicalQuantity',
    'roa:forecast': forecast,
    'roa:pertinentLocation': locationOf(measured, publisher),
    ...(fault === undefined ? {} : { 'roa:physicalQuantityFault': faultElement(fault, known?.time ?? isoTime(nowMs)) }),
    'roa:basicData': { '@_xsi:type': 'roa:TravelTimeData', ...timeOf(known), ...values },
  });
  const departure = known?.departure_seconds ?? undefined;
  if (departure === undefined || fault?.isError === true) return [quantityOf(false, arrived)];
  const expected = {
    'roa:travelTimeType': 'estimated',
    'roa:travelTime': { ...countOf(measured), 'roa:duration': departure },
  };
  return [quantityOf(false, arrived), quantityOf(true, expected)];
}

function arrivedValue(measured: Measured): Element {
  const { known, fault } = measured;
  return {
    ...qualityOf(measured),
    ...(fault?.isError === true
      ? { 'com:dataError': true, 'com:reasonForDataError': multilingual(fault.description) }
      : {}),
    'roa:duration': known?.mean_seconds ?? noDuration,
  };
}

const countOf = ({ samples }: Measured): Element =>
  samples === undefined ? {} : { '@_numberOfInputValuesUsed': samples };

function qualityOf(measured: Measured): Element {
  const { known, fault } = measured;
  const { mean_seconds: mean = null, lower_seconds: lower = null, upper_seconds: upper = null } = known ?? {};
  if (known === undefined || mean === null || lower === null || upper === null || mean <= 0) {
    return { ...countOf(measured), '@_supplierCalculatedDataQuality': 0 };
  }
  const accuracy = rounded((100 * (upper - lower)) / 2 / mean);
  const quality = fault?.isError === true ? 0 : rounded(Math.max(0, 100 - accuracy));
  return {
    '@_accuracy': accuracy,
    '@_computationalMethod': 'arithmeticAverageOfSamplesInATimePeriod',
    ...countOf(measured),
    '@_standardDeviation': rounded(driversDeviationOf(known) ?? 0),
    '@_supplierCalculatedDataQuality': quality,
  };
}

const rounded = (value: number): number => Math.round(value * 10) / 10;

const durationIfKnown = (name: string, seconds: number | null | undefined): Element =>
  seconds === null || seconds === undefined ? {} : { [name]: { 'roa:duration': seconds } };

const timeOf = (known: Measured['known']): Element =>
  known === undefined
    ? {}
    : {
        'roa:measurementOrCalculationTime': {
          '@_timePrecision': 'minute',
          'roa:timeMeaning': 'endTime',
          'roa:timeValue': known.time,
        },
      };

const faultElement = ({ type, description }: Fault, time: string): Element => ({
  'com:faultDescription': multilingual(description),
  'com:faultLastUpdateTime': time,
  'roa:physicalQuantityFaultType': type,
});

function locationOf({ code, description, places }: Measured, publisher: Publisher): Element {
  const points = places.flatMap((place) => pointOf(place) ?? []);
  return {
    '@_xsi:type': 'loc:LinearLocation',
    'loc:externalReferencing': {
      'loc:externalLocationCode': code,
      'loc:externalReferencingSystem': writable(publisher.identifier),
    },
    'loc:supplementaryPositionalDescription': { 'loc:locationDescription': multilingual(description) },
    ...(points.length < places.length
      ? {}
      : {
          'loc:gmlLineString': {
            ...{ '@_srsDimension': 2, '@_srsName': srsName },
            'loc:posList': points.join(' '),
          },
        }),
  };
}

const pointOf = (position: Position | undefined): string | undefined =>
  position?.type === 'geo'
    ? [position.latitude, position.longitude].map((degrees) => degrees.toFixed(degreeDigits)).join(' ')
    : undefined;
