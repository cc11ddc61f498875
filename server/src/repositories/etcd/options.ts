import type { Clock } from '@tdc/shared/clock.ts';
import { textOf } from '@tdc/shared/config-file.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import { readPem } from '@tdc/shared/pem-file.ts';
import type { EtcdConfig } from '../../config.ts';
import type { EtcdRepositoryOptions } from './repository.ts';

/** Reads what the configuration names by file. Throws InvalidInputError for a file that cannot be read. */
export function etcdOptionsOf(config: EtcdConfig, clock: Clock, logger: Logger): EtcdRepositoryOptions {
  const { endpoints, prefix, user, tls, historyMinutes } = config;
  return {
    endpoints,
    prefix,
    ...(user === undefined
      ? {}
      : { auth: { username: user.username, password: textOf(user.passwordFile).replace(/\r?\n$/, '') } }),
    ...(tls === undefined
      ? {}
      : {
          tls: {
            ca: readPem('etcd.tls.ca', tls.caFile),
            ...(tls.certFile === undefined ? {} : { cert: readPem('etcd.tls.cert', tls.certFile) }),
            ...(tls.keyFile === undefined ? {} : { key: readPem('etcd.tls.key', tls.keyFile) }),
          },
        }),
    clock,
    logger,
    historyMinutes,
  };
}
