import { AccessError } from '@tdc/shared/errors.ts';
import { quoted } from '@tdc/shared/wire.ts';
import { type Principal, principalText } from './principal.ts';

/** A box writes for itself alone. Throws AccessError with the field that names another detector. */
export function expectOwn(sender: Principal, field: string, detectorId: string): void {
  if (sender.type === 'local' || (sender.type === 'detector' && sender.detectorId === detectorId)) return;
  throw new AccessError(`${quoted(detectorId)}: expected the detector of the certificate, ${principalText(sender)}`, {
    field,
  });
}
