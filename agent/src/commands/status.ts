import { statusJson } from '@tdc/shared/status-json.ts';
import { statusText } from '@tdc/shared/status-text.ts';
import type { Context } from '../context.ts';
import { statePaths } from '../state-dir.ts';
import { askStatus } from '../status-service.ts';

/** `tdc-agent status`: what the running agent says of itself. Throws UnavailableError when none runs. */
export async function status({ stdout }: Context, stateDir: string, output: 'table' | 'json'): Promise<void> {
  const { socket } = statePaths(stateDir);
  const answer = await askStatus(socket);
  const text = output === 'json' ? JSON.stringify(statusJson(answer), undefined, 2) : statusText(answer);
  stdout.write(`${text}\n`);
}
