import type { Clock } from '@tdc/shared/clock.ts';
import { textOf } from '@tdc/shared/config-file.ts';
import { type ClientTls, readClientTls } from '@tdc/shared/grpc-client.ts';
import type { Logger } from '@tdc/shared/logger.ts';
import type { EtcdConfig } from '../../config.ts';
import type { EtcdRepositoryOptions } from './repository.ts';

/** Reads what the configuration names by file. Throws InvalidInputError for a file that cannot be read, or is damaged. */
export function etcdOptionsOf(config: EtcdConfig, clock: Clock, logger: Logger): EtcdRepositoryOptions {
  const { endpoints, prefix, user, tls, historyMinutes } = config;
  return {
    endpoints,
    prefix,
    ...(user === undefined
      ? {}
      : { auth: { username: user.username, password: textOf(user.passwordFile).replace(/\r?\n$/, '') } }),
    ...(tls === undefined ? {} : { tls: tlsOf(tls) }),
    clock,
    logger,
    historyMinutes,
  };
}

function tlsOf(files: ClientTls): NonNullable<EtcdRepositoryOptions['tls']> {
  const { ca, pair } = readClientTls(files, 'etcd.tls');
  return { ca, ...pair };
}
