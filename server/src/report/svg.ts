import { escaped } from '../html-text.ts';

type Attributes = Readonly<Record<string, string | number>>;

/** An element of SVG. What it looks like is in its attributes: the policy of the pages takes no style of its own. */
export function element(name: string, attributes: Attributes, ...content: readonly string[]): string {
  const texts = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  return `<${name}${texts.join('')}>${content.join('')}</${name}>`;
}

/** To a tenth of a unit: finer than any printer. */
export const at = (value: number): number => Math.round(10 * value) / 10;

/** A drawing that says in words what it shows. */
export const drawing = (width: number, height: number, label: string, ...content: readonly string[]): string =>
  element(
    'svg',
    {
      ...{ xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label },
      ...{ 'font-family': 'sans-serif', 'font-size': 11 },
    },
    ...content,
  );

export const words = (x: number, y: number, anchor: 'start' | 'middle' | 'end', content: string): string =>
  element('text', { x: at(x), y: at(y), 'text-anchor': anchor, fill: '#333' }, escaped(content));
