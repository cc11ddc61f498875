import type { Clock } from '@tdc/shared/clock.ts';
import type { AgentLog } from './agent-options.ts';
import type { AgentConfig } from './config.ts';
import type { SignedConfiguration } from './configuration/remote-configuration.ts';
import type { ProgressOutput } from './progress.ts';

/** What the commands work with. */
export interface Context {
  readonly config: AgentConfig;
  readonly version: string;
  readonly clock: Clock;
  readonly log: AgentLog;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  /** Results. Columns and rows are those of a terminal. */
  readonly stdout: {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
    write(text: string): unknown;
  };
  /** Progress and remarks to people. */
  readonly stderr: ProgressOutput;
}

/** What an agent works with under a configuration by letter, or without one. Throws InvalidInputError with everything that is wrong with that. */
export type ContextWith = (configuration?: SignedConfiguration) => Context;
