import { expect, test } from 'vitest';
import { jsonFormat } from './json.ts';

test.each([[[]], [[[]]], [[['a']]], [[['a', 'b'], [], ['c']]]])('pages %j come as one array', (pages: string[][]) => {
  const format = jsonFormat<string>((name) => ({ name }));
  const text = pages.map((page) => format.rows(page)).join('') + format.end();
  expect(JSON.parse(text)).toEqual(pages.flat().map((name) => ({ name })));
  expect(text.endsWith(']\n')).toBe(true);
});
