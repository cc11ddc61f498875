import { UnavailableError } from '@tdc/shared/errors.ts';
import { hangingOf } from '@tdc/shared/pulse.ts';
import { keepNotified, type ServiceManager } from '@tdc/shared/service-notify.ts';
import { type AgentTime, agentTime, assembleAgent } from '../assemble.ts';
import { BoxMail } from '../box-mail.ts';
import type { ClockChange } from '../clock-watch.ts';
import type { Place } from '../config.ts';
import type { Context } from '../context.ts';
import { renewIdentity } from '../enrolment/renew-identity.ts';
import { KeyKeeper } from '../key-keeper.ts';
import { keyFileStore, memoryKeyStore } from '../key-store.ts';
import { openStateDir, type StatePaths } from '../state-dir.ts';
import { statusLine } from '../status-line.ts';
import { scannersOf } from './scanners-of.ts';

const keepKeysEveryMs = 10_000;

/** `tdc-agent run`: hears devices and sends events until it is told to stop. */
export async function run(
  context: Context,
  { detectorId, stateDir, keyFile }: Place,
  manager: ServiceManager | undefined,
): Promise<void> {
  const { config, clock, log, signal } = context;
  using state = openStateDir(stateDir);
  const store = config.key.storage === 'memory' ? memoryKeyStore() : keyFileStore(keyFile);
  using keeper = new KeyKeeper({ store, overlapMs: config.keyOverlapMs, tagBits: config.tagBits });
  const time = agentTime(context, (change) => {
    logChange(context, change);
    keepKeys(context, keeper, time);
  });
  keepKeys(context, keeper, time);
  await time.watch.look();
  const scanners = await scannersOf({ ...context, clock: time.clock }, detectorId);
  const mail = mailOf(context, { detectorId, paths: state.paths, keeper, time });
  await using agent = assembleAgent(context, {
    detectorId,
    state,
    time,
    hearing: { scanners, keys: keeper, onScannerFailure: 'restart', byOwnClock: true },
    sends: true,
    ...(mail && { mail }),
  });
  const timer = setInterval(() => keepKeys(context, keeper, time), keepKeysEveryMs);
  try {
    log.info({ detectorId, stateDir: state.paths.folder, pid: process.pid }, 'running');
    if (time.watch.state === 'unsynchronised') {
      const waitMinutes = config.clock.waitMsMax / 60_000;
      log.warn({ waitMinutes }, 'the clock is not synchronised: events wait for that');
    }
    const { identityFile } = config;
    const over = new AbortController();
    const end = () => over.abort();
    const working = AbortSignal.any([signal, over.signal]);
    const running = agent.run('stopped', working).finally(end);
    const watched = { hangs: () => hangingOf(agent.pulses), status: () => statusLine(agent.snapshot()) };
    await using _notified = keepNotified({ manager, clock, log, ...watched }, working);
    await Promise.all([
      running,
      identityFile === undefined ? undefined : renewIdentity(context, identityFile, agent, working).finally(end),
    ]);
    log.info({ detectorId }, 'stopped');
  } finally {
    clearInterval(timer);
  }
}

interface MailParts {
  readonly detectorId: string;
  readonly paths: StatePaths;
  readonly keeper: KeyKeeper;
  readonly time: AgentTime;
}

/** Letters come from a custodian that is configured, and from nobody else. */
function mailOf({ config, log }: Context, { detectorId, paths, keeper, time }: MailParts): BoxMail | undefined {
  const { custodian, storage } = config.key;
  if (custodian === undefined) return undefined;
  return new BoxMail({
    detectorId,
    custodian,
    boxKeyFile: paths.boxKey,
    keeper,
    acknowledges: storage === 'file',
    nowMs: () => unixNowMs(time),
    isClockSynchronised: () => isSynchronised(time),
    onTaken: (letter) => log.info({ letter, keyEpoch: keeper.epoch }, 'took the key from a letter of the custodian'),
  });
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
