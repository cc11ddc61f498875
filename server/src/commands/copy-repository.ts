import type { Clock } from '@tdc/shared/clock.ts';
import { InvalidInputError, PreconditionError } from '@tdc/shared/errors.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import { z } from 'zod';
import type { ServerConfig } from '../config.ts';
import { openRepository } from '../context.ts';
import type { Claim, EventPosition, Repository } from '../repository.ts';
import { copyAlerts } from './copy-alerts.ts';
import { copyEstimates } from './copy-estimates.ts';

export type Backend = ServerConfig['repository'];

export interface CopyOptions {
  readonly from: Backend;
  readonly to: Backend;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Progress, in words. */
  readonly report: (text: string) => void;
}

export interface Copied {
  readonly detectors: number;
  readonly links: number;
  readonly routes: number;
  readonly statuses: number;
  /** Events of this run; those of an interrupted one before it are not counted again. */
  readonly events: number;
  /** Travel times, revisions included; those of an interrupted run are counted again. */
  readonly estimates: number;
  /** Alerts, closed ones included; those of an interrupted run are counted again. */
  readonly alerts: number;
}

const pageEvents = 1000;
const reportEveryEvents = 50_000;
const claimName = 'repository-copy';

const placeSchema = z.object({ detectorId: z.string(), id: z.string(), deviceId: z.string() });
type Place = z.infer<typeof placeSchema>;

/**
 * `tdc-server repository copy`: everything of one repository into another, which may hold something already. Interrupted, it goes
 * on where it stopped; the claim in the destination keeps a second copy out.
 */
export async function copyRepository(options: CopyOptions, signal: AbortSignal): Promise<Copied> {
  const { from, to, clock, logger } = options;
  if (isSame(from, to)) throw new InvalidInputError('--from and --to are the same repository', { field: '--to' });
  await using source = await openRepository(from, clock, logger, signal);
  await using target = await openRepository(to, clock, logger, signal);
  await using session = await target.claims.join(`copy-${process.pid}`, signal);
  const claim = await session.claim(claimName, signal);
  if (claim === undefined) throw new PreconditionError('another copy into this repository is under way');
  const running = AbortSignal.any([signal, session.lost]);
  const copied = await new Copy(source, target, claim, options.report).run(running);
  const estimates = await copyEstimates(source, target, session, running);
  return { ...copied, estimates, alerts: await copyAlerts(source, target, session, running) };
}

function isSame(a: Backend, b: Backend): boolean {
  if (a.type === 'sqlite') return b.type === 'sqlite' && a.file === b.file;
  return b.type === 'etcd' && a.prefix === b.prefix && a.endpoints.join() === b.endpoints.join();
}

class Copy {
  readonly #source: Repository;
  readonly #target: Repository;
  readonly #claim: Claim;
  readonly #report: (text: string) => void;
  #events = 0;

  constructor(source: Repository, target: Repository, claim: Claim, report: (text: string) => void) {
    this.#source = source;
    this.#target = target;
    this.#claim = claim;
    this.#report = report;
  }

  async run(signal: AbortSignal): Promise<Omit<Copied, 'estimates' | 'alerts'>> {
    const detectors = await this.#source.network.detectors(signal);
    for (const detector of detectors) await this.#target.network.putDetector(detector, signal);
    const links = await this.#source.network.links(signal);
    for (const link of links) await this.#target.network.putLink(link, signal);
    const routes = await this.#source.routes.list(signal);
    for (const route of routes) await this.#target.routes.put(route, signal);
    const statuses = await this.#source.statuses.list(signal);
    for (const status of statuses) await this.#target.statuses.put(status, signal);
    await this.#copyEnrolments(signal);
    const begin = await this.#place(signal);
    if (begin !== undefined) this.#report(`going on at detector ${begin.detectorId}`);
    for (const { id } of detectors) {
      if (begin === undefined || id > begin.detectorId) await this.#copyEvents(id, undefined, signal);
      else if (id === begin.detectorId) await this.#copyEvents(id, begin, signal);
    }
    await this.#target.claims.save(this.#claim, '', signal);
    return {
      ...{ detectors: detectors.length, links: links.length, routes: routes.length, statuses: statuses.length },
      events: this.#events,
    };
  }

  /** Where an interrupted copy stopped. */
  async #place(signal: AbortSignal): Promise<Place | undefined> {
    const checkpoint = await this.#target.claims.load(claimName, signal);
    if (checkpoint === undefined || checkpoint.value === '') return undefined;
    return placeSchema.parse(JSON.parse(checkpoint.value));
  }

  /** With the revocations: a box that was refused stays refused. */
  async #copyEnrolments(signal: AbortSignal): Promise<void> {
    const [source, target] = [this.#source.enrolments, this.#target.enrolments];
    for (const enrolment of await source.enrolments(signal)) await target.putEnrolment(enrolment, signal);
    for (const certificate of await source.certificates(signal)) {
      await target.addCertificate(certificate, { forgetBeforeMs: 0 }, signal);
      // An earlier run may have found it good.
      const { detectorId, serial, revocation } = certificate;
      if (revocation !== undefined) await target.revoke(detectorId, serial, revocation, signal);
    }
  }

  async #copyEvents(detectorId: string, from: EventPosition | undefined, signal: AbortSignal): Promise<void> {
    let after = from;
    for (;;) {
      const page = await this.#source.events.scan(
        {
          detectorId,
          fromMs: 0,
          toMs: Number.MAX_SAFE_INTEGER,
          order: 'oldest-first',
          limit: pageEvents,
          reads: 'committed',
          kinds: [],
          ...(after === undefined ? {} : { after }),
        },
        signal,
      );
      await this.#target.events.append(page.events, signal);
      const before = Math.floor(this.#events / reportEveryEvents);
      this.#events += page.events.length;
      if (Math.floor(this.#events / reportEveryEvents) > before) this.#report(`${this.#events} events copied`);
      if (page.next === undefined) return;
      after = page.next;
      const place: Place = { detectorId, id: after.id, deviceId: after.deviceId };
      await this.#target.claims.save(this.#claim, JSON.stringify(place), signal);
    }
  }
}
