import type { Clock } from '@tdc/shared/clock.ts';
import type { Channel } from './channel.ts';
import { mailChannel } from './mail.ts';
import type { AlertsConfig } from './options.ts';
import { webhookChannel } from './webhook.ts';

/** The ways by which people are told that are configured; none tells nobody, and alerts are there to be looked at all the same. */
export function channelsOf(
  { mail, webhook }: Pick<AlertsConfig, 'mail' | 'webhook'>,
  clock: Clock,
): readonly Channel[] {
  return [
    ...(mail === undefined ? [] : [mailChannel(mail)]),
    ...(webhook === undefined ? [] : [webhookChannel(webhook, clock)]),
  ];
}
