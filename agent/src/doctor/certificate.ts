import { InvalidInputError, UnavailableError } from '@tdc/shared/errors.ts';
import { detectorOf, readIdentity } from '../enrolment/identity-file.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const check = 'certificate';
const enrolAgain = 'enrol this box again: "tdc enrol create" at the centre, "tdc-agent enrol" here';
/** The agent has renewed it by then, unless something is wrong. */
const renewedBeforePart = 1 / 2;

/** Whether the certificate that this box has enrolled for is good, and was renewed in time. Nothing of its key is told. */
export function checkCertificate(identityFile: string, nowMs: number): readonly Finding[] {
  try {
    const identity = readIdentity(identityFile);
    const [fromMs, toMs] = [identity.certificate.validFromDate.getTime(), identity.certificate.validToDate.getTime()];
    const found = `${identityFile} is of detector ${detectorOf(identity)}, until ${new Date(toMs).toISOString()}`;
    if (nowMs < fromMs)
      return [warning(check, `${found}, and not valid yet by the clock of this box`, 'set the clock')];
    if (nowMs >= toMs)
      return [
        problem(check, `${found}: it has ended`, `start the agent, which may still renew it; else ${enrolAgain}`),
      ];
    if (nowMs > fromMs + (toMs - fromMs) * renewedBeforePart) {
      return [warning(check, `${found}, and was not renewed in time`, 'look at the status and the log of the agent')];
    }
    return [ok(check, found)];
  } catch (error) {
    if (error instanceof InvalidInputError) return [problem(check, error.message, enrolAgain)];
    if (error instanceof UnavailableError)
      return [problem(check, error.message, 'look again as the user of the agent')];
    throw error;
  }
}
