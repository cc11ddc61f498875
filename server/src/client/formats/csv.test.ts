import { expect, test } from 'vitest';
import { csvFormat } from './csv.ts';
import type { Row } from './view.ts';

test('cells with commas, quotes and line ends are quoted, and the header comes once', () => {
  const format = csvFormat<Row>(['a', 'b'], (row) => row);
  const text = [format.rows([{ a: 'x,y', b: 'say "no"' }]), format.rows([{ a: 'two\nlines', b: null }]), format.end()];
  expect(text.join('')).toBe('a,b\n"x,y","say ""no"""\n"two\nlines",\n');
});

test('lists and objects are JSON in their cell, and true and false are words', () => {
  const format = csvFormat<Row>(['a', 'b', 'c'], (row) => row);
  expect(format.rows([{ a: [1, 'x'], b: { n: 2 }, c: false }])).toBe('a,b,c\n"[1,""x""]","{""n"":2}",false\n');
});

test('without any row there still is a header', () => {
  const format = csvFormat<Row>(['a'], (row) => row);
  expect(format.rows([]) + format.end()).toBe('a\n');
});
