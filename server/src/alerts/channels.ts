import type { Clock } from '@tdc/shared/clock.ts';
import type { Channel } from './channel.ts';
import type { AlertsConfig } from './options.ts';

/**
 * The ways by which people are told that are configured; none tells nobody, and alerts are there to be looked at all the same. Each is loaded
 * where it is wanted alone.
 */
export async function channelsOf(
  { mail, webhook }: Pick<AlertsConfig, 'mail' | 'webhook'>,
  clock: Clock,
): Promise<readonly Channel[]> {
  return [
    ...(mail === undefined ? [] : [(await import('./mail.ts')).mailChannel(mail)]),
    ...(webhook === undefined ? [] : [(await import('./webhook.ts')).webhookChannel(webhook, clock)]),
  ];
}
