import { spawnSync } from 'node:child_process';

export interface Outcome {
  readonly code: number | null;
  /** What it wrote, in the order of the two. */
  readonly output: string;
}

/** Runs a program to its end. */
export function outcomeOf(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Outcome {
  const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env, maxBuffer: 2 ** 26 });
  if (error !== undefined) throw error;
  return { code: status, output: `${stdout}${stderr}` };
}
