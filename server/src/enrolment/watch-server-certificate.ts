import { X509Certificate } from 'node:crypto';
import type { Clock } from '@tdc/shared/clock.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import { readCertificates } from '@tdc/shared/pem-file.ts';

export interface WatchedCertificate {
  readonly certFile: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const dayMs = 86_400_000;
const warnBeforeMs = 30 * dayMs;

/** Says in the log, once a day, that the server's certificate ends within a month: no agent comes in any more after it. Until the signal. */
export async function watchServerCertificate(
  { certFile, clock, logger }: WatchedCertificate,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const { validToDate } = new X509Certificate(readCertificates({ option: 'tls.cert', file: certFile }));
      const leftMs = validToDate.getTime() - clock.nowMs();
      const what = { file: certFile, valid_to: validToDate.toISOString() };
      if (leftMs <= 0)
        logger.error(what, 'the certificate of this server has ended: nobody can connect before it is renewed');
      else if (leftMs < warnBeforeMs) logger.warn(what, 'the certificate of this server ends within a month: renew it');
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      logger.error({ err: error }, 'the certificate of this server cannot be read any more');
    }
    await clock.sleep(dayMs, signal).catch((reason) => {
      if (!signal.aborted) throw reason;
    });
  }
}
