/**
 * Where things are in etcd. Events and links stand as the owner's documents define them; the other families are beside them:
 *
 *     /<prefix>/detectors/<detector id>/<bucket>/<ulid>.<device id>   an event
 *     /<prefix>/links/<destination detector id>/<source detector id>  a link
 *     /<prefix>/routes/<route id>                                     a route that has a name
 *     /<prefix>/registry/<detector id>                                a detector
 *     /<prefix>/statuses/<detector id>                                the last status of its agent
 *     /<prefix>/enrolments/<detector id>                              the right of a box to enrol as a detector
 *     /<prefix>/certificates/<detector id>                            the certificates of a detector on record
 *     /<prefix>/claims/<name>                                         a worker's claim, on its lease
 *     /<prefix>/checkpoints/<name>                                    how far the work under a claim has come
 *     /<prefix>/estimates/<destination>/<unix seconds>/<revision>     the travel times of a minute, of the links to a detector
 *     /<prefix>/newest-estimates/<destination>                        those of the last minute
 *     /<prefix>/box-keys/<detector id>                                the public key of its box
 *     /<prefix>/letters/<detector id>/<kind>                          a sealed letter to its box
 *     /<prefix>/alerts/<id>                                           an alert that is not closed
 *     /<prefix>/closed-alerts/<falling id>                            one that is, the newest first: each digit is what its id's lacks to Z
 *     /<prefix>/alert-notices/<id>                                    a notice of one that is still to be told
 *     /<prefix>/workers/<worker id>                                   a worker that is there, on its lease
 *     /<prefix>/access-tokens/<id>                                    an operator's token, by its hash
 *     /<prefix>/access-token-uses/<id>                                when it was last used, Unix milliseconds
 *     /<prefix>/network                                               changes with every change of registry, links or routes
 *     /<prefix>/schema                                                version of all this, and the identity of the store
 */
import { eventTimeMsMax, firstEventIdAt } from '@tdc/shared/event-id.ts';
import { bucketSeconds, type EventPosition } from '../../repository.ts';

/** Buckets have ten digits, until the year 2286, so that their text sorts as they do. */
const bucketDigits = 10;
const bucketTimeMsMax = 10 ** bucketDigits * 1000;

/** A half-open range of keys. */
export interface KeyRange {
  readonly from: string;
  /** Not in it. */
  readonly to: string;
}

export class Keys {
  readonly #root: string;

  constructor(prefix: string) {
    this.#root = `/${prefix}`;
  }

  get schema(): string {
    return `${this.#root}/schema`;
  }

  get network(): string {
    return `${this.#root}/network`;
  }

  registry(detectorId: string): string {
    return `${this.#root}/registry/${detectorId}`;
  }

  status(detectorId: string): string {
    return `${this.#root}/statuses/${detectorId}`;
  }

  boxKey(detectorId: string): string {
    return `${this.#root}/box-keys/${detectorId}`;
  }

  letter(detectorId: string, kind: string): string {
    return `${this.#root}/letters/${detectorId}/${kind}`;
  }

  alert(id: string): string {
    return `${this.#root}/alerts/${id}`;
  }

  closedAlert(id: string): string {
    return `${this.#root}/closed-alerts/${fallingId(id)}`;
  }

  alertNotice(id: string): string {
    return `${this.#root}/alert-notices/${id}`;
  }

  link(fromDetectorId: string, toDetectorId: string): string {
    return `${this.#root}/links/${toDetectorId}/${fromDetectorId}`;
  }

  route(routeId: string): string {
    return `${this.#root}/routes/${routeId}`;
  }

  enrolment(detectorId: string): string {
    return `${this.#root}/enrolments/${detectorId}`;
  }

  certificates(detectorId: string): string {
    return `${this.#root}/certificates/${detectorId}`;
  }

  claim(name: string): string {
    return `${this.#root}/claims/${name}`;
  }

  checkpoint(name: string): string {
    return `${this.#root}/checkpoints/${name}`;
  }

  worker(workerId: string): string {
    return `${this.#root}/workers/${workerId}`;
  }

  accessToken(id: string): string {
    return `${this.#root}/access-tokens/${id}`;
  }

  accessTokenUse(id: string): string {
    return `${this.#root}/access-token-uses/${id}`;
  }

  /** The travel times of a minute; revisions have four digits. */
  estimates(toDetectorId: string, timeMs: number, revision: number): string {
    return `${this.estimatesBound(toDetectorId, timeMs)}${String(revision).padStart(4, '0')}`;
  }

  /** What divides the travel times before a minute from those at it and later. */
  estimatesBound(toDetectorId: string, timeMs: number): string {
    const family = `${this.#root}/estimates/${toDetectorId}/`;
    if (timeMs >= bucketTimeMsMax) return endOfPrefix(family);
    return `${family}${String(Math.ceil(Math.max(0, timeMs) / 1000)).padStart(bucketDigits, '0')}/`;
  }

  newestEstimates(toDetectorId: string): string {
    return `${this.#root}/newest-estimates/${toDetectorId}`;
  }

  event(detectorId: string, timeMs: number, { id, deviceId }: EventPosition): string {
    return `${this.#events(detectorId)}${bucketText(timeMs)}/${id}.${deviceId}`;
  }

  /** What divides a detector's events before a time from those at it and later. */
  eventBound(detectorId: string, timeMs: number): string {
    const events = this.#events(detectorId);
    if (timeMs >= bucketTimeMsMax) return endOfPrefix(events);
    return `${events}${bucketText(timeMs)}/${firstEventIdAt(timeMs)}`;
  }

  /** The beginning of the bucket that holds the time. */
  bucketBound(detectorId: string, timeMs: number): string {
    if (timeMs >= bucketTimeMsMax) return endOfPrefix(this.#events(detectorId));
    return `${this.#events(detectorId)}${bucketText(timeMs)}/`;
  }

  #events(detectorId: string): string {
    return `${this.#root}/detectors/${detectorId}/`;
  }

  /** All keys of a family, such as `links` or `detectors/D1`. */
  family(name: string): KeyRange {
    const from = `${this.#root}/${name}/`;
    return { from, to: endOfPrefix(from) };
  }

  /** The parts of a key behind its family. */
  parts(family: string, key: string): readonly string[] {
    return key.slice(this.#root.length + family.length + 2).split('/');
  }
}

/** Unix seconds rounded down to a whole bucket. */
function bucketText(timeMs: number): string {
  const limitedMs = Math.min(Math.max(timeMs, 0), eventTimeMsMax);
  const bucket = Math.floor(limitedMs / 1000 / bucketSeconds) * bucketSeconds;
  return String(bucket).padStart(bucketDigits, '0');
}

const ulidDigits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Texts that sort the other way round than the ULIDs that they are made of. */
const fallingId = (id: string): string =>
  [...id].map((digit) => ulidDigits[ulidDigits.length - 1 - ulidDigits.indexOf(digit)] ?? '').join('');

/** The first key behind all that begin with a text that ends in a slash: '0' follows '/'. */
const endOfPrefix = (prefix: string): string => `${prefix.slice(0, -1)}0`;

/** The first key behind a key. */
export const behind = (key: string): string => `${key}\u0000`;
