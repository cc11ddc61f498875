import { InvalidInputError } from '@tdc/shared/errors.ts';
import type { ReportStatusRequest, ReportStatusResponse } from '@tdc/shared/generated/tdc/v1/collector.ts';
import type { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';
import { expectOwn } from '../access/own-detector.ts';
import type { Principal } from '../access/principal.ts';
import { acceptedDetectorId } from './accepted.ts';
import type { CollectorContext } from './context.ts';

const scannersMax = 64;
const reasonsMax = 32;
const nameLengthMax = 64;
const errorLengthMax = 1000;

export async function reportStatus(
  { repository, clock }: CollectorContext,
  sender: Principal,
  request: ReportStatusRequest,
  signal: AbortSignal,
): Promise<ReportStatusResponse> {
  const status = acceptedStatus(request.status);
  expectOwn(sender, 'status.detector_id', status.detectorId);
  await repository.statuses.put({ status, reportedAtMs: clock.nowMs() }, signal);
  return {};
}

/** The last status of every detector is kept and sent to whoever asks, so its texts and lists have limits. */
function acceptedStatus(status: AgentStatus | undefined): AgentStatus {
  if (status === undefined) throw new InvalidInputError('missing: expected a status', { field: 'status' });
  acceptedDetectorId('status.detector_id', status.detectorId);
  limitText('status.version', status.version, nameLengthMax);
  limitText('status.last_error', status.lastError, errorLengthMax);
  const dropped = status.events?.dropped ?? [];
  limitCount('status.events.dropped', dropped, reasonsMax);
  for (const [i, { reason }] of dropped.entries()) {
    limitText(`status.events.dropped[${i}].reason`, reason, nameLengthMax);
  }
  limitText('status.box_key_fingerprint', status.boxKeyFingerprint, nameLengthMax);
  limitText('status.custodian_fingerprint', status.custodianFingerprint, nameLengthMax);
  limitText('status.configuration.author_fingerprint', status.configuration?.authorFingerprint ?? '', nameLengthMax);
  limitText('status.configuration.refused.reason', status.configuration?.refused?.reason ?? '', errorLengthMax);
  limitText('status.machine.boot_id', status.machine?.bootId ?? '', nameLengthMax);
  limitText('status.machine.battery.error', status.machine?.battery?.error ?? '', errorLengthMax);
  limitCount('status.scanners', status.scanners, scannersMax);
  for (const [i, { name, lastError }] of status.scanners.entries()) {
    limitText(`status.scanners[${i}].name`, name, nameLengthMax);
    limitText(`status.scanners[${i}].last_error`, lastError, errorLengthMax);
  }
  return status;
}

function limitText(field: string, text: string, lengthMax: number): void {
  if (text.length > lengthMax) {
    throw new InvalidInputError(`${text.length} characters: expected at most ${lengthMax}`, { field });
  }
}

function limitCount(field: string, list: readonly unknown[], max: number): void {
  if (list.length > max) throw new InvalidInputError(`${list.length} entries: expected at most ${max}`, { field });
}
