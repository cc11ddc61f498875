/** For tests: DATEX II read by another parser, which has it valid against test/fixtures/datex2 first. */
import { fileURLToPath } from 'node:url';
import { XmlDocument, XmlElement, type XmlNode, XsdValidator } from 'libxml2-wasm';
import { xmlRegisterFsInputProviders } from 'libxml2-wasm/lib/nodejs.mjs';

xmlRegisterFsInputProviders();
const schemaFile = fileURLToPath(new URL('../../../../test/fixtures/datex2/d2-payload.xsd', import.meta.url));
const namespaces = {
  com: 'http://datex2.eu/schema/3/common',
  loc: 'http://datex2.eu/schema/3/locationReferencing',
  roa: 'http://datex2.eu/schema/3/roadTrafficData',
  d2: 'http://datex2.eu/schema/3/d2Payload',
  xsi: 'http://www.w3.org/2001/XMLSchema-instance',
};

export interface ReadPublication extends Disposable {
  /** Texts of the elements and attributes that an XPath finds. */
  texts(path: string): readonly string[];
  /** For each of the quantities. */
  each(path: string): readonly (string | undefined)[];
}

/** Throws XmlValidateError, or XmlParseError, for what is not valid. */
export function readPublication(text: string): ReadPublication {
  using schema = XmlDocument.fromString(`<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:import
    namespace="${namespaces.d2}" schemaLocation="${schemaFile}"/></xs:schema>`);
  using validator = XsdValidator.fromDoc(schema);
  const document = XmlDocument.fromString(text);
  validator.validate(document);
  const textOf = (node: XmlNode) => node.content;
  return {
    texts: (path) => document.find(path, namespaces).map(textOf),
    each: (path) =>
      document
        .find('//roa:physicalQuantity', namespaces)
        .map((quantity) => (quantity instanceof XmlElement ? quantity.get(path, namespaces)?.content : undefined)),
    [Symbol.dispose]: () => document.dispose(),
  };
}
