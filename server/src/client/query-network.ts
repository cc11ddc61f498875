import type { Link, Network } from '@tdc/shared/network.ts';
import { parseDetector, parseLink } from '@tdc/shared/wire.ts';
import { ask, type ClientContext, understood } from './context.ts';

/** The network as the query service has it. */
export async function queryNetwork(context: ClientContext): Promise<Network> {
  const [{ detectors }, links] = await Promise.all([
    ask(context, 'query', context.query.listDetectors, {}),
    queryLinks(context),
  ]);
  return { detectors: detectors.map(({ detector }) => understood(parseDetector(detector))), links };
}

export async function queryLinks(context: ClientContext): Promise<readonly Link[]> {
  const { links } = await ask(context, 'query', context.query.listLinks, {});
  return links.map((link) => understood(parseLink(link)));
}
