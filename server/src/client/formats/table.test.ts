import { expect, test } from 'vitest';
import { tableFormat } from './table.ts';

const columns = [
  { title: 'name', text: ([name]: readonly string[]) => name ?? '' },
  { title: 'n', text: ([, n]: readonly string[]) => n ?? '', align: 'right', widthMin: 3 },
] as const;

test('columns stand under each other, over pages too, and widen for what is longer', () => {
  const format = tableFormat(columns);
  expect(format.rows([['one', '1']])).toBe('name    n\none     1\n');
  expect(format.rows([['fourteen', '14']])).toBe('fourteen   14\n');
  expect(format.rows([['x', '2']])).toBe('x           2\n');
  expect(format.end()).toBe('');
});

test('without any row there still are titles', () => {
  const format = tableFormat(columns);
  expect(format.rows([]) + format.end()).toBe('name    n\n');
});

test('nothing in a text can move the cursor or colour the terminal', () => {
  const text = tableFormat(columns).rows([['a\u001b[31mb\nc\u009b', '1']]);
  expect(text).toContain('a·[31mb·c·');
});
