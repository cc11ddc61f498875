import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecencyMap } from './recency-map.ts';

const action = fc.record({
  type: fc.constantFrom('add', 'touch', 'rename', 'delete'),
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  other: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
});

describe('the recency map', () => {
  it('behaves as a list of entries that are moved to its end', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const map = new RecencyMap<number>();
        let model: { key: string; value: number }[] = [];
        for (const [value, { type, key, other }] of actions.entries()) {
          const entry = model.find((candidate) => candidate.key === key);
          const without = (...keys: string[]) => model.filter((candidate) => !keys.includes(candidate.key));
          if (type === 'add') {
            map.add(key, value);
            model = [...without(key), { key, value }];
          } else if (type === 'touch') {
            map.touch(key);
            if (entry !== undefined) model = [...without(key), entry];
          } else if (type === 'rename') {
            map.rename(key, other);
            if (entry !== undefined) model = [...without(key, other), { key: other, value: entry.value }];
          } else {
            map.delete(key);
            model = without(key);
          }
          expect(map.size).toBe(model.length);
          for (const each of model) expect(map.get(each.key)).toBe(each.value);
          expect([...map.values()]).toEqual(model.map(({ value }) => value));
          expect(map.oldest).toEqual(model[0] === undefined ? undefined : expect.objectContaining(model[0]));
        }
        const drained: string[] = [];
        for (let oldest = map.oldest; oldest !== undefined; oldest = map.oldest) {
          drained.push(oldest.key);
          map.delete(oldest.key);
        }
        expect(drained).toEqual(model.map(({ key }) => key));
      }),
    );
  });
});
