import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { ServiceManager } from '@tdc/shared/service-notify.ts';
import { placeOf } from '../config.ts';
import { ConfigurationKeeper } from '../configuration/configuration-keeper.ts';
import { oneLine } from '../configuration/one-line.ts';
import type { Context, ContextWith } from '../context.ts';
import { KeyKeeper } from '../key-keeper.ts';
import { keyFileStore, memoryKeyStore } from '../key-store.ts';
import { Notifier } from '../notifier.ts';
import { openStateDir, type StatePaths } from '../state-dir.ts';
import { statusToWire } from '../status.ts';
import { work } from './work.ts';

/**
 * `tdc-agent run`: hears devices and sends events until it is told to stop. A configuration by letter makes it begin anew within the process, so that it
 * does so without a service manager as well.
 */
export async function run(contextWith: ContextWith, manager: ServiceManager | undefined): Promise<void> {
  const local = contextWith();
  const { config } = local;
  const place = placeOf(config);
  using state = openStateDir(place.stateDir);
  const store = config.key.storage === 'memory' ? memoryKeyStore() : keyFileStore(place.keyFile);
  using keys = new KeyKeeper({ store, overlapMs: config.keyOverlapMs, tagBits: config.tagBits });
  const configurations = configurationsOf(local, place.detectorId, state.paths);
  await using notifier = new Notifier(local, manager);
  await using _metrics = await metricsOf(local, notifier);
  for (;;) {
    configurations?.begin();
    const context = contextInForce(contextWith, configurations);
    const end = await tried(context, configurations, () =>
      work(context, { place, local: config, contextWith, state, keys, configurations, notifier }),
    ).finally(() => notifier.rest());
    if (end === 'stopped') return;
    const configuration = configurations?.inForce?.sequence ?? 0;
    context.log.info({ configuration }, 'begins anew with another configuration');
  }
}

/** Loaded only where it is wanted, as a box has little memory. */
async function metricsOf({ config, log }: Context, notifier: Notifier): Promise<AsyncDisposable | undefined> {
  if (config.metrics === undefined) return undefined;
  const { serveMetrics } = await import('../metrics/serve-metrics.ts');
  return serveMetrics(config.metrics, log, () => notifier.agent && statusToWire(notifier.agent.snapshot()));
}

function configurationsOf(
  { config, clock, log }: Context,
  detectorId: string,
  paths: StatePaths,
): ConfigurationKeeper | undefined {
  const { author } = config.byLetter;
  if (author === undefined) return undefined;
  return new ConfigurationKeeper({
    file: paths.configuration,
    detectorId,
    author,
    nowMs: () => clock.nowMs(),
    onTrouble: (message) => log.error({}, message),
  });
}

/** Under the configuration that is in force; one that this agent cannot use does not keep it from working. */
function contextInForce(contextWith: ContextWith, configurations: ConfigurationKeeper | undefined): Context {
  for (;;) {
    const configuration = configurations?.inForce;
    if (configurations === undefined || configuration === undefined) return contextWith();
    try {
      return contextWith(configuration);
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      contextWith().log.error({ configuration: configuration.sequence }, `goes on without it: ${error.message}`);
      if (configurations.onProbation) configurations.rollBack(oneLine(error));
      else configurations.setAside(oneLine(error));
    }
  }
}

/** What fails while a configuration is tried is that one's fault until it is shown that it is not. */
async function tried(
  { log, signal }: Context,
  configurations: ConfigurationKeeper | undefined,
  action: () => Promise<'stopped' | 'configuration'>,
): Promise<'stopped' | 'configuration'> {
  try {
    return await action();
  } catch (error) {
    if (configurations === undefined || !configurations.onProbation || signal.aborted) throw error;
    log.error({ err: error, configuration: configurations.inForce?.sequence }, 'rolls the configuration back');
    configurations.rollBack(`the agent failed under it: ${oneLine(error)}`);
    return 'configuration';
  }
}
