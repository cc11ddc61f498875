/** Of an XML document: attributes begin with `@_`, children come in their order, a list is the same element again and again. */
export interface Element {
  readonly [name: string]: string | number | boolean | Element | readonly Element[];
}

/** What XML 1.0 has no way to write. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unwritable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;
const stringLengthMax = 1024;

/** A text as MultilingualString, at most as long as the schema takes. */
export const multilingual = (text: string): Element => ({
  'com:values': { 'com:value': { '@_lang': 'en', '#text': writable(text) } },
});

export const writable = (text: string): string =>
  text.toWellFormed().replace(unwritable, '\ufffd').slice(0, stringLengthMax).toWellFormed();
