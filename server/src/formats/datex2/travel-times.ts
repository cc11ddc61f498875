/** Travel times as DATEX II (EN 16157-5, model version 3) has them: an ElaboratedDataPublication of TravelTimeData. */
import XMLBuilder from 'fast-xml-builder';
import { isoTime } from '../../records/iso-time.ts';
import { type Element, multilingual } from './element.ts';
import type { Measured } from './measured.ts';
import { physicalQuantitiesOf } from './physical-quantity.ts';
import type { Publisher } from './publisher.ts';

export interface PublicationOptions {
  readonly publisher: Publisher;
  readonly nowMs: number;
}

/** Links or routes that are made into text at a time. */
const measuredAtOnce = 100;

const namespaces = {
  '@_xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
  '@_xmlns:com': 'http://datex2.eu/schema/3/common',
  '@_xmlns:loc': 'http://datex2.eu/schema/3/locationReferencing',
  '@_xmlns:roa': 'http://datex2.eu/schema/3/roadTrafficData',
  '@_xmlns:d2': 'http://datex2.eu/schema/3/d2Payload',
};
/** Stands in the document for the quantities, of which there may be more than fit into one text. */
const quantity = 'roa:physicalQuantity';

/** One publication; of one link or route at least, as the schema has it. */
export function* travelTimePublication(
  measured: readonly Measured[],
  { publisher, nowMs }: PublicationOptions,
): Generator<string> {
  const builder = new XMLBuilder({ ignoreAttributes: false, suppressEmptyNode: true, format: true });
  const around = builder.build({
    '?xml': { '@_version': '1.0', '@_encoding': 'UTF-8' },
    'd2:payload': payloadAround(publisher, nowMs),
  });
  const [before = '', after = ''] = around.split(`<${quantity}/>`);
  yield before.trimEnd();
  for (let i = 0; i < measured.length; i += measuredAtOnce) {
    const some = measured.slice(i, i + measuredAtOnce);
    const quantities = some.flatMap((each) => physicalQuantitiesOf(each, publisher, nowMs));
    yield `\n${builder.build({ [quantity]: quantities }).trimEnd()}`;
  }
  yield after;
}

const payloadAround = ({ country, identifier }: Publisher, nowMs: number): Element => ({
  ...namespaces,
  '@_xsi:type': 'roa:ElaboratedDataPublication',
  '@_lang': 'en',
  '@_modelBaseVersion': '3',
  '@_profileName': 'tdc travel times',
  '@_profileVersion': '1',
  'com:feedDescription': multilingual('Travel times between detectors, each minute'),
  'com:feedType': 'travel times',
  'com:publicationTime': isoTime(nowMs),
  'com:publicationCreator': { 'com:country': country, 'com:nationalIdentifier': identifier },
  'roa:headerInformation': { 'com:informationStatus': 'real' },
  [quantity]: {},
});
