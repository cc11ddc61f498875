import { UnavailableError } from '@tdc/shared/errors.ts';
import type { Agent } from '../agent.ts';
import { type AgentTime, type AssembledMail, agentTime, assembleAgent } from '../assemble.ts';
import { BoxMail } from '../box-mail.ts';
import type { ClockChange } from '../clock-watch.ts';
import type { AgentConfig, Place } from '../config.ts';
import type { ConfigurationKeeper } from '../configuration/configuration-keeper.ts';
import { ConfigurationMail } from '../configuration/configuration-mail.ts';
import { provesItself } from '../configuration/probation.ts';
import type { Context, ContextWith } from '../context.ts';
import { renewIdentity } from '../enrolment/renew-identity.ts';
import type { KeyKeeper } from '../key-keeper.ts';
import { KeyMail } from '../key-mail.ts';
import type { Notifier } from '../notifier.ts';
import type { StateDir } from '../state-dir.ts';
import { scannersOf } from './scanners-of.ts';

/** What stays with a box while its configuration changes. */
export interface Box {
  readonly place: Place;
  /** As configured on the box. */
  readonly local: AgentConfig;
  readonly contextWith: ContextWith;
  readonly state: StateDir;
  readonly keys: KeyKeeper;
  /** Absent: nobody may change the configuration by letter. */
  readonly configurations: ConfigurationKeeper | undefined;
  readonly notifier: Notifier;
}

const keepKeysEveryMs = 10_000;

/** Works under one configuration: until told to stop, or until another is to be taken up. */
export async function work(context: Context, box: Box): Promise<'stopped' | 'configuration'> {
  const { log, signal } = context;
  const { place, state, keys, configurations } = box;
  const { detectorId } = place;
  const time = agentTime(context, (change) => {
    logChange(context, change);
    keepKeys(context, keys, time);
  });
  keepKeys(context, keys, time);
  await time.watch.look();
  const scanners = await scannersOf({ ...context, clock: time.clock }, detectorId);
  const other = new AbortController();
  const mail = mailOf(context, box, time, () => other.abort());
  const reported = Promise.withResolvers<void>();
  await using agent = assembleAgent(context, {
    detectorId,
    state,
    time,
    hearing: { scanners, keys, onScannerFailure: 'restart', byOwnClock: true },
    sends: true,
    ...(mail && { mail }),
    onReported: () => {
      reported.resolve();
      configurations?.confirm();
    },
  });
  const timer = setInterval(() => keepKeys(context, keys, time), keepKeysEveryMs);
  try {
    const under = configurations?.inForce === undefined ? {} : { configuration: configurations.inForce.sequence };
    log.info({ detectorId, stateDir: state.paths.folder, pid: process.pid, ...under }, 'running');
    warnOfClock(context, time);
    const over = new AbortController();
    const working = AbortSignal.any([signal, other.signal, over.signal]);
    const running = agent.run('stopped', working).finally(() => over.abort());
    box.notifier.follow(agent);
    const aside = goOn(context, box, agent, reported.promise, working).then((goesOn) => goesOn || other.abort());
    await Promise.all([
      running,
      aside.catch((error: unknown) => {
        over.abort();
        throw error;
      }),
    ]);
  } finally {
    clearInterval(timer);
  }
  if (!signal.aborted && other.signal.aborted) return 'configuration';
  log.info({ detectorId }, 'stopped');
  return 'stopped';
}

/** Waits until the configuration has proved itself, then keeps the certificate. Resolves to false when another configuration is to be taken up. */
async function goOn(
  { config, clock, log, ...context }: Context,
  { configurations, local }: Box,
  agent: Agent,
  reported: Promise<void>,
  signal: AbortSignal,
): Promise<boolean> {
  const { probationMs } = config.byLetter;
  const whyNotReported = () => agent.whyNotReported;
  const sequence = configurations?.inForce?.sequence;
  const probation = { clock, probationMs, configurations, reported, whyNotReported };
  if (!(await provesItself(probation, signal))) {
    log.error({ configuration: sequence }, `rolled back: ${configurations?.snapshot().refused?.reason}`);
    return false;
  }
  const { identityFile } = config;
  if (identityFile === undefined || signal.aborted) return true;
  await renewIdentity({ ...context, config, clock, log }, { identityFile, local }, agent, signal);
  return true;
}

function warnOfClock({ config, log }: Context, { watch }: AgentTime): void {
  if (watch.state !== 'unsynchronised') return;
  const waitMinutes = config.clock.waitMsMax / 60_000;
  log.warn({ waitMinutes }, 'the clock is not synchronised: events wait for that');
}

/** Letters come from those who are configured on the box, and from nobody else. */
function mailOf(
  { config, log }: Context,
  { place: { detectorId }, state, keys: keeper, configurations, contextWith }: Box,
  time: AgentTime,
  onConfiguration: () => void,
): AssembledMail | undefined {
  const { custodian, storage } = config.key;
  const { author } = config.byLetter;
  const byTime = { nowMs: () => unixNowMs(time), isClockSynchronised: () => isSynchronised(time) };
  const keys =
    custodian &&
    new KeyMail({
      detectorId,
      custodian,
      boxKeyFile: state.paths.boxKey,
      keeper,
      acknowledges: storage === 'file',
      ...byTime,
      onTaken: (letter) => log.info({ letter, keyEpoch: keeper.epoch }, 'took the key from a letter of the custodian'),
    });
  const fromAuthor =
    author &&
    configurations &&
    new ConfigurationMail({ detectorId, author, keeper: configurations, check: contextWith, ...byTime });
  if (!keys && !fromAuthor) return undefined;
  const box = new BoxMail({
    detectorId,
    ...(keys && { keys }),
    ...(fromAuthor && { configurations: fromAuthor }),
    onConfiguration,
  });
  return { box, ...(keys && { keys }), ...(configurations && { configurations }) };
}

const unixNowMs = ({ clock, watch }: AgentTime): number => watch.unixMs(clock.nowMs());
const isSynchronised = ({ watch }: AgentTime): boolean => watch.state !== 'unsynchronised';

/** Brings the keys to the present; a disk that refuses is told, and tried again. */
function keepKeys({ log }: Context, keeper: KeyKeeper, time: AgentTime): void {
  try {
    const kept = keeper.keep(unixNowMs(time), isSynchronised(time));
    if (kept === 'written') log.info({ keyEpoch: keeper.epoch }, 'another key takes the place of the last');
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error;
    log.error({}, error.message);
  }
}

function logChange({ log }: Context, change: ClockChange): void {
  if (change.type === 'doubted') {
    log.warn({ stepMs: change.stepMs }, 'the clock was set, and nobody vouches for it: the time of before goes on');
    return;
  }
  const { before, now } = change;
  const step = now.step === before.step ? {} : { stepMs: now.step?.stepMs };
  if (now.state === before.state) log.warn({ ...step, clock: now.state }, 'the clock was set');
  else log.info({ ...step, clock: now.state }, 'the clock is synchronised');
}
