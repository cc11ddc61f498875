import { status } from '@grpc/grpc-js';
import type { Clock } from '@tdc/shared/clock.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import { SparingLog } from '@tdc/shared/sparing-log.ts';
import { type Principal, principalText } from './principal.ts';
import { methodText } from './rights.ts';

const textLengthMax = 300;
/** A token that came where none belongs, such as in place of its id. */
const tokenLike = /tdc_[\w-]+/g;
/** Calls refused for their number are told of once in this time, with how many more there were. */
const floodIntervalMs = 10_000;

/** A call as it ended. */
export interface AuditedCall {
  readonly path: string;
  /** Undefined when nobody could be made out. */
  readonly principal: Principal | undefined;
  readonly address: string;
  /** What it was about; empty where that is not known. */
  readonly subject: string;
  readonly code: number;
  /** Why it failed. */
  readonly details: string;
}

/** Who changed what, and who was refused: a line of the log each. */
export class Audit {
  readonly #logger: Logger;
  readonly #floods: SparingLog;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#floods = new SparingLog(clock, floodIntervalMs);
  }

  tell(call: AuditedCall): void {
    if (call.code !== status.RESOURCE_EXHAUSTED) this.#write(call, {});
    else this.#floods.tell((untold) => this.#write(call, untold === 0 ? {} : { more_before: untold }));
  }

  #write({ path, principal, address, subject, code, details }: AuditedCall, more: object): void {
    const result = code === status.OK ? 'ok' : (status[code] ?? String(code));
    const audit = {
      principal: principal === undefined ? 'unknown' : principalText(principal),
      ...(principal?.type === 'operator' ? { token: principal.tokenId } : {}),
      ...(principal?.type === 'detector' ? { serial: principal.serial } : {}),
      peer: address,
      method: methodText(path),
      ...(subject === '' ? {} : { subject: fit(subject) }),
      result,
      ...(code === status.OK ? {} : { reason: fit(details) }),
      ...more,
    };
    if (code === status.OK) this.#logger.info({ audit }, 'audit');
    else this.#logger.warn({ audit }, 'audit');
  }
}

const fit = (text: string): string => text.replace(tokenLike, 'tdc_...').slice(0, textLengthMax);
