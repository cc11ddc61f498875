import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ServerSentEventParser } from './sse-parser.ts';

const text = [
  'retry: 3000\nevent: begin\ndata: {"resumed":false}\n\n',
  ': a comment\n\n',
  'event: estimate\ndata: {"name":"Größe"}\n\n',
  'event: heartbeat\nid: ab-7\ndata: {"time":null}\n\n',
  'data: one\ndata: two\n\n',
].join('');
const events = [
  { event: 'begin', id: undefined, data: '{"resumed":false}' },
  { event: 'estimate', id: undefined, data: '{"name":"Größe"}' },
  { event: 'heartbeat', id: 'ab-7', data: '{"time":null}' },
  { event: 'message', id: undefined, data: 'one\ntwo' },
];

test('events are the same, in whatever pieces they come', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(text.length)), (cuts) => {
      const parser = new ServerSentEventParser();
      const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
      const found = places.slice(1).flatMap((end, index) => parser.take(text.slice(places[index], end)));
      expect(found).toEqual(events);
    }),
  );
});

test('an event without an end is not gathered for ever', () => {
  const parser = new ServerSentEventParser();
  expect(() => {
    for (let piece = 0; piece < 10; piece++) parser.take('x'.repeat(2 ** 20));
  }).toThrow(RangeError);
});
