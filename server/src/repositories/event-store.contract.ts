import { deviceClasses } from '@tdc/shared/device-class.ts';
import { PreconditionError } from '@tdc/shared/errors.ts';
import { type DetectionEvent, type Kind, kinds } from '@tdc/shared/event.ts';
import { madeUpEvent } from '@tdc/shared/made-up-event.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { allEvents, type ContractSubject, detector, never, t0 } from './contract-subject.ts';

/** Storing, scanning and removing events. */
export function eventContract({ repository, reopen, fresh }: ContractSubject): void {
  test('an event comes back whole, with and without what may be absent, also after the repository was reopened', async () => {
    const { rssiPeakDbm: _, ...plate } = madeUpEvent({ referenceTimeMs: t0 + 1, kind: 'anpr', deviceId: 'abcdef' });
    const phone = madeUpEvent({
      referenceTimeMs: t0 + 2,
      kind: 'ble',
      addressClass: 'resolvable',
      previousDeviceId: '0123456789abcdef0123456789abcdef',
      resident: true,
      clockQuality: 'corrected',
      sightings: 4_294_967_295,
      rssiPeakDbm: -127,
    });
    await repository().events.append([phone, plate], never);
    expect(await allEvents(repository(), {})).toEqual([plate, phone]);
    await reopen();
    expect(await allEvents(repository(), {})).toEqual([plate, phone]);
  });

  test('the same events again change nothing, within one append, after it, or at the same time', async () => {
    const event = madeUpEvent();
    const other = madeUpEvent({ id: event.id, deviceId: 'c0ffee02' });
    const { events } = repository();
    await events.append([event, event, other], never);
    await Promise.all([events.append([event], never), events.append([event, other], never)]);
    expect(await allEvents(repository(), {})).toEqual([event, other]);
  });

  test('events of an unknown detector are refused, and nothing of their append is stored', async () => {
    const known = madeUpEvent();
    const unknown = madeUpEvent({ detectorId: 'D9' });
    const beside = madeUpEvent({ detectorId: 'D2' });
    const { events } = repository();
    const outcomes = await Promise.allSettled([events.append([known, unknown], never), events.append([beside], never)]);
    expect(outcomes[0]).toMatchObject({ status: 'rejected', reason: expect.any(PreconditionError) });
    expect(outcomes[1].status).toBe('fulfilled');
    expect(await allEvents(repository(), {})).toEqual([]);
    expect(await allEvents(repository(), { detectorId: 'D2' })).toEqual([beside]);
  });

  test('a time range holds its beginning and not its end', async () => {
    const [before, first, last, end] = [t0 - 1, t0, t0 + 9, t0 + 10].map((referenceTimeMs) =>
      madeUpEvent({ referenceTimeMs }),
    ) as [DetectionEvent, DetectionEvent, DetectionEvent, DetectionEvent];
    await repository().events.append([end, before, last, first], never);
    for (const order of ['oldest-first', 'newest-first'] as const) {
      const found = await allEvents(repository(), { fromMs: t0, toMs: t0 + 10, order });
      expect(new Set(found)).toEqual(new Set([first, last]));
    }
    expect(await allEvents(repository(), { fromMs: 0, toMs: 2 ** 53 })).toEqual([before, first, last, end]);
  });

  test('pages of any size, in both orders, with any filter, give each event once and in order', async () => {
    const place = fc.record({
      referenceTimeMs: fc.integer({ min: t0, max: t0 + 40 }),
      detectorId: fc.constantFrom('D1', 'D2'),
      kind: fc.constantFrom<Kind>('ble', 'wifi', 'classic'),
      deviceId: fc.constantFrom('aaaaaa', 'bbbbbb'),
      deviceClass: fc.option(fc.constantFrom(...deviceClasses), { nil: undefined }),
    });
    await using subject = await fresh();
    const { network, events } = subject.repository;
    await network.putDetector(detector('D1'), never);
    await network.putDetector(detector('D2'), never);
    const stored: DetectionEvent[] = [];
    await fc.assert(
      fc.asyncProperty(
        fc.array(place, { maxLength: 30 }),
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom('oldest-first' as const, 'newest-first' as const),
        fc.uniqueArray(fc.constantFrom<Kind>('ble', 'wifi')),
        fc.uniqueArray(fc.constantFrom(...deviceClasses), { maxLength: 2 }),
        fc.option(fc.constantFrom('aaaaaa', 'bbbbbb', 'cccccc'), { nil: undefined }),
        fc.tuple(fc.integer({ min: t0, max: t0 + 41 }), fc.integer({ min: t0, max: t0 + 41 })),
        async (places, limit, order, kinds, classes, deviceId, [fromMs, toMs]) => {
          const added = places.map(({ deviceClass, ...given }, index) =>
            madeUpEvent({
              ...given,
              ...(deviceClass === undefined || given.kind !== 'classic' ? {} : { deviceClass }),
              ...(index % 3 === 0 ? { previousDeviceId: 'cccccc' } : {}),
            }),
          );
          await events.append(added, never);
          stored.push(...added);
          const expected = stored
            .filter(
              (event) => event.detectorId === 'D1' && event.referenceTimeMs >= fromMs && event.referenceTimeMs < toMs,
            )
            .filter(({ kind }) => kinds.length === 0 || kinds.includes(kind))
            .filter(({ deviceClass }) => classes.length === 0 || classes.some((each) => each === deviceClass))
            .filter((e) => deviceId === undefined || e.deviceId === deviceId || e.previousDeviceId === deviceId)
            .sort((a, b) => (order === 'oldest-first' ? comparePlaces(a, b) : comparePlaces(b, a)));
          const filter = deviceId === undefined ? {} : { deviceId };
          const scan = { fromMs, toMs, order, kinds, deviceClasses: classes, limit, ...filter };
          expect(await allEvents(subject.repository, scan)).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('looking for a rare device among many ends, in steps', async () => {
    const many = Array.from({ length: 12_000 }, (_, i) => madeUpEvent({ referenceTimeMs: t0 + i }));
    const rare = madeUpEvent({ referenceTimeMs: t0 + 11_999, deviceId: 'facade' });
    for (let i = 0; i < many.length; i += 1000) await repository().events.append(many.slice(i, i + 1000), never);
    await repository().events.append([rare], never);
    for (const order of ['oldest-first', 'newest-first'] as const) {
      expect(await allEvents(repository(), { deviceId: 'facade', order })).toEqual([rare]);
    }
  });

  test('every kind is kept under its own name', async () => {
    const given = kinds.map((kind, i) => madeUpEvent({ kind, referenceTimeMs: t0 + i }));
    await repository().events.append(given, never);
    for (const event of given) expect(await allEvents(repository(), { kinds: [event.kind] })).toEqual([event]);
  });

  test('every device class is kept under its own name, and none stays none', async () => {
    const given = deviceClasses.map((deviceClass, i) => madeUpEvent({ deviceClass, referenceTimeMs: t0 + i }));
    const without = madeUpEvent({ referenceTimeMs: t0 + 99 });
    await repository().events.append([...given, without], never);
    for (const event of given) {
      const { deviceClass } = event;
      if (deviceClass === undefined) throw new Error('expected a device class');
      expect(await allEvents(repository(), { deviceClasses: [deviceClass] })).toEqual([event]);
    }
    await reopen();
    expect(await allEvents(repository(), { deviceClasses: [] })).toEqual([...given, without]);
    expect(await allEvents(repository(), { deviceClasses: [...deviceClasses] })).toEqual(given);
  });

  test('what is given up before it begins is not done', async () => {
    const reason = new Error('given up');
    const { events } = repository();
    await expect(events.append([madeUpEvent()], AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(await allEvents(repository(), {})).toEqual([]);
  });
}

/** Retention. */
export function removalContract({ repository }: ContractSubject): void {
  test('old events are removed by whole buckets, of one detector, once', async () => {
    const bucket = 100_000;
    const start = Math.ceil(t0 / bucket) * bucket;
    const [old, kept] = [madeUpEvent({ referenceTimeMs: start - 1 }), madeUpEvent({ referenceTimeMs: start })];
    const other = madeUpEvent({ referenceTimeMs: start - 1, detectorId: 'D2' });
    const { events } = repository();
    await events.append([old, kept, other], never);
    expect([1, undefined]).toContain(await events.removeBefore('D1', start + bucket - 1, never));
    expect([0, undefined]).toContain(await events.removeBefore('D1', start + bucket - 1, never));
    expect([0, undefined]).toContain(await events.removeBefore('D1', 0, never));
    expect(await allEvents(repository(), {})).toEqual([kept]);
    expect(await allEvents(repository(), { detectorId: 'D2' })).toEqual([other]);
  });

  test('thousands are removed as one is, and followers are served meanwhile', async () => {
    const { events } = repository();
    const old = Array.from({ length: 4500 }, (_, i) => madeUpEvent({ referenceTimeMs: t0 - 900_000 + i }));
    for (let i = 0; i < old.length; i += 900) await events.append(old.slice(i, i + 900), never);
    const follower = events.follow(undefined, never)[Symbol.asyncIterator]();
    await follower.next();
    const fresh = madeUpEvent();
    const [removed, next] = await Promise.all([
      events.removeBefore('D1', t0 - 100_000, never),
      follower.next(),
      events.append([fresh], never),
    ]);
    expect([4500, undefined]).toContain(removed);
    expect(next.value.events).toEqual([fresh]);
    expect(await allEvents(repository(), {})).toEqual([fresh]);
  });
}

const comparePlaces = (a: DetectionEvent, b: DetectionEvent): number =>
  a.id < b.id || (a.id === b.id && a.deviceId < b.deviceId) ? -1 : 1;
