import type { TemplateResult } from 'lit-html';
import type { Format } from './format.ts';
import type { NetworkState } from './network-state.ts';
import type { Theme } from './palette.ts';

/** What every page works with. */
export interface Desk {
  readonly state: NetworkState;
  readonly format: Format;
  readonly theme: Theme;
  /** Whether who sits here may acknowledge alerts. */
  readonly mayAcknowledge: boolean;
  /** Now, by the clock of the server. */
  nowMs(): number;
  /** Draws the page again soon. */
  refresh(): void;
  /** Goes to an address of the console; in place of the present one, if it is no other page to come back to. */
  navigate(address: string, how?: 'replacing'): void;
  /** Takes what a request threw: who is not signed in any more is asked to. What is left is for the page to show. */
  refused(error: unknown): string;
}

/** One page, from when it is opened until it is left. */
export interface Page extends Disposable {
  /** Heading and title. */
  title(): string;
  view(): TemplateResult;
  /** The network, the language or the colours have changed. */
  onChange?(): void;
}
