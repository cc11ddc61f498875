import { expect, test } from 'vitest';
import { csvFormat } from './csv.ts';
import type { Row } from './row.ts';

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

test('lines end as RFC 4180 has it where that is asked for', () => {
  const format = csvFormat<Row>(['a', 'b'], (row) => row, '\r\n');
  expect(format.rows([{ a: 'one\r\ntwo', b: 1 }]) + format.end()).toBe('a,b\r\n"one\r\ntwo",1\r\n');
});

test.each(['=1+1', "=cmd|' /C calc'!A0", '+1 (2)', '-1 (2)', '@SUM(A1)', '\t=1+1', '\r=1+1', '＝1+1'])(
  'a text that a spreadsheet would compute is marked as text: %j',
  (text) => {
    const format = csvFormat<Row>(['a'], (row) => row);
    expect(format.rows([{ a: text }]).replaceAll('"', '')).toBe(`a\n'${text}\n`);
  },
);

test.each([-61, -1.5, '-D1', '--', 'D1', '2026-03-01T08:00:00.000Z', 'a=b', '😀 <script>'])(
  'a number, an id or another text stays as it is: %j',
  (value) => {
    const format = csvFormat<Row>(['a'], (row) => row);
    expect(format.rows([{ a: value }])).toBe(`a\n${value}\n`);
  },
);
