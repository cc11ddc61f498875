import { InvalidInputError, OutOfRangeError } from '@tdc/shared/errors.ts';
import type { DetectionEvent } from '@tdc/shared/event.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Repository } from '../repository.ts';
import { type ContractSubject, detector, never, t0 } from './contract-subject.ts';

/** Following events in the order of their commits. */
export function followContract({ repository, reopen, fresh }: ContractSubject): void {
  test('a follower begins at once with nothing, then gets what is committed, in order', async () => {
    const { events } = repository();
    await events.append([madeUpEvent()], never);
    const follower = events.follow(undefined, never)[Symbol.asyncIterator]();
    expect((await follower.next()).value).toMatchObject({ events: [] });
    const [second, first] = [madeUpEvent({ detectorId: 'D2' }), madeUpEvent({ referenceTimeMs: t0 - 50_000 })];
    const next = follower.next();
    await events.append([second], never);
    await events.append([second, first], never);
    const got = [...(await next).value.events];
    if (got.length < 2) got.push(...(await follower.next()).value.events);
    expect(got).toEqual([second, first]);
  });

  test('a follower that waits ends with the reason when it is stopped', async () => {
    const stop = new AbortController();
    const follower = repository().events.follow(undefined, stop.signal)[Symbol.asyncIterator]();
    await follower.next();
    const waiting = follower.next();
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  test('followers miss nothing and get nothing twice, however appends, reads, breaks and restarts fall', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 1200 }) }),
      fc.record({ do: fc.constant('append-again' as const) }),
      fc.record({ do: fc.constant('read' as const), pages: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ do: fc.constant('reopen' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        await using subject = await fresh();
        let { repository } = subject;
        await repository.network.putDetector(detector('D1'), never);
        let cursor = await cursorNow(repository);
        const committed: DetectionEvent[] = [];
        const appends: ReadonlySet<string>[] = [];
        const seen: DetectionEvent[] = [];
        for (const step of [...steps, { do: 'read' as const, pages: Number.POSITIVE_INFINITY }]) {
          if (step.do === 'append') {
            const added = Array.from({ length: step.count }, () => madeUpEvent());
            await repository.events.append(added, never);
            committed.push(...added);
            appends.push(new Set(added.map(({ id }) => id)));
          } else if (step.do === 'append-again') {
            await repository.events.append(committed.slice(-700), never);
          } else if (step.do === 'reopen') {
            repository = await subject.reopen();
          } else {
            const read = await readPages(repository, cursor, step.pages, () => seen.length >= committed.length, seen);
            cursor = read;
          }
        }
        // Appends come in their order; a backend that stores a large one in parts may have its parts in any.
        const appendOf = new Map(committed.map((event) => [event.id, appends.findIndex((each) => each.has(event.id))]));
        const order = seen.map(({ id }) => appendOf.get(id) ?? -1);
        expect(order).toEqual(order.toSorted((a, b) => a - b));
        expect(seen.toSorted(byId)).toEqual(committed.toSorted(byId));
      }),
      { numRuns: 12 },
    );
  });

  test('a cursor stays right after everything was removed and the repository was reopened', async () => {
    await repository().events.append([madeUpEvent()], never);
    const cursor = await cursorNow(repository());
    await repository().events.removeBefore('D1', t0 + 1_000_000, never);
    await reopen();
    const late = madeUpEvent({ detectorId: 'D2' });
    await repository().events.append([late], never);
    const seen: DetectionEvent[] = [];
    await readPages(repository(), cursor, 9, () => seen.length > 0, seen);
    expect(seen).toEqual([late]);
  });

  test('a cursor that is none is refused', async () => {
    for (const cursor of ['', 'yesterday', '-1', '\u0000'.repeat(9999)]) {
      await expect(repository().events.follow(cursor, never)[Symbol.asyncIterator]().next()).rejects.toThrow(
        InvalidInputError,
      );
    }
  });

  test('a cursor of another repository is out of range', async () => {
    await using other = await fresh();
    const cursor = await cursorNow(other.repository);
    await expect(repository().events.follow(cursor, never)[Symbol.asyncIterator]().next()).rejects.toThrow(
      OutOfRangeError,
    );
  });
}

const byId = (a: DetectionEvent, b: DetectionEvent): number => (a.id < b.id ? -1 : 1);

async function cursorNow(repository: Repository): Promise<string> {
  for await (const { cursor } of repository.events.follow(undefined, never)) return cursor;
  throw new Error('the follower ended');
}

/** Reads pages behind a cursor until there are enough or nothing is to come; returns the cursor to go on with. */
async function readPages(
  repository: Repository,
  from: string,
  pages: number,
  complete: () => boolean,
  into: DetectionEvent[],
): Promise<string> {
  let cursor = from;
  let read = 0;
  for await (const page of repository.events.follow(from, never)) {
    into.push(...page.events);
    cursor = page.cursor;
    read++;
    if (read >= pages || complete()) break;
  }
  return cursor;
}
