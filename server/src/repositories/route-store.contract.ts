import { NotFoundError, PreconditionError } from '@tdc/shared/errors.ts';
import type { Route } from '@tdc/shared/network.ts';
import { expect, test } from 'vitest';
import { type ContractSubject, never } from './contract-subject.ts';

/** Routes that have a name. */
export function routeContract({ repository, reopen }: ContractSubject): void {
  const link = (fromDetectorId: string, toDetectorId: string) =>
    repository().network.putLink({ fromDetectorId, toDetectorId, maxSeconds: 600 }, never);
  const north: Route = { id: 'north', name: 'Über die „Brücke“', detectorIds: ['D1', 'D2', 'D3'] };

  test('routes are kept in order, replaced, and there after reopening', async () => {
    await link('D1', 'D2');
    await link('D2', 'D3');
    await link('D2', 'D1');
    const around: Route = { id: 'Around', name: '', detectorIds: ['D1', 'D2', 'D1', 'D2', 'D3'] };
    const [short, back]: readonly Route[] = [
      { id: 'north', name: 'old', detectorIds: ['D1', 'D2'] },
      { id: 'back', name: '', detectorIds: ['D2', 'D1'] },
    ];
    for (const route of [short, north, around, back]) if (route) await repository().routes.put(route, never);
    await reopen();
    expect(await repository().routes.list(never)).toEqual([around, back, north]);
    await repository().routes.remove('back', never);
    expect(await repository().routes.list(never)).toEqual([around, north]);
  });

  test('a route along what is no link is refused by the place, and nothing is kept of it', async () => {
    await link('D1', 'D2');
    await link('D3', 'D2');
    const refused = repository().routes.put(north, never);
    await expect(refused).rejects.toThrow(PreconditionError);
    await expect(refused).rejects.toMatchObject({
      message: 'there is no link from D2 to D3',
      field: 'route.detector_ids[2]',
    });
    expect(await repository().routes.list(never)).toEqual([]);
  });

  test('a link stays while a route leads along it', async () => {
    await link('D1', 'D2');
    await link('D2', 'D1');
    await link('D2', 'D3');
    await repository().routes.put(north, never);
    const refused = repository().network.deleteLink('D2', 'D3', never);
    await expect(refused).rejects.toThrow(PreconditionError);
    await expect(refused).rejects.toThrow(/while the route north leads along it/);
    await repository().network.deleteLink('D2', 'D1', never);
    await repository().routes.remove('north', never);
    await repository().network.deleteLink('D2', 'D3', never);
    expect(await repository().network.links(never)).toHaveLength(1);
  });

  test('a link that goes while a route along it comes leaves no route without its link', async () => {
    await link('D1', 'D2');
    const { network, routes } = repository();
    for (let round = 0; round < 5; round++) {
      const short = { id: 'short', name: '', detectorIds: ['D1', 'D2'] };
      await Promise.allSettled([routes.put(short, never), network.deleteLink('D1', 'D2', never)]);
      const [links, kept] = await Promise.all([network.links(never), routes.list(never)]);
      expect([links.length, kept.length]).toSatisfy(([l, r]: number[]) => l === r);
      for (const { id } of kept) await routes.remove(id, never);
      if (links.length === 0) await link('D1', 'D2');
    }
  });

  test('a route that is not there cannot be removed', async () => {
    await expect(repository().routes.remove('nowhere', never)).rejects.toThrow(NotFoundError);
  });
}
