import { existsSync } from 'node:fs';
import { InvalidInputError, UnavailableError } from '@tdc/shared/errors.ts';
import { KeyState, ScannerState } from '@tdc/shared/generated/tdc/v1/status.ts';
import { refusedText } from '@tdc/shared/status-text.ts';
import { statePaths } from '../state-dir.ts';
import { askStatus } from '../status-service.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const check = 'agent';

/** Whether an agent works in the state folder, and what it says of its scanners. None is no problem: the checks are made before it starts. */
export async function checkRunningAgent(stateDir: string): Promise<readonly Finding[]> {
  try {
    const { socket } = statePaths(stateDir);
    if (!existsSync(socket)) return [ok(check, `no agent runs in ${stateDir}`)];
    const { scanners, keyState, configuration } = await askStatus(socket);
    const failed = scanners.filter(({ state }) => state === ScannerState.SCANNER_STATE_FAILED);
    if (keyState === KeyState.KEY_STATE_WAITING) {
      const advice = 'the key custodian hands it out when the agent has asked; see the finding about the key';
      return [problem(check, 'the running agent waits for its key, and hears nothing', advice)];
    }
    const refused = configuration?.refused;
    const settings =
      refused === undefined
        ? []
        : [
            warning(
              check,
              refusedText(refused),
              'have the settings corrected and signed anew; those before are in force',
            ),
          ];
    if (failed.length === 0) return [ok(check, `an agent runs in ${stateDir}`), ...settings];
    return failed.map(({ name, lastError }) =>
      problem(
        check,
        `the scanner ${name} of the running agent failed: ${lastError}`,
        'see the other findings; the agent tries again by itself',
      ),
    );
  } catch (error) {
    if (error instanceof InvalidInputError) return [problem(check, error.message, 'give a shorter state_dir')];
    if (error instanceof UnavailableError) return [ok(check, `no agent answers in ${stateDir}`)];
    throw error;
  }
}
