/** How a command that does not fail ends: with its work done, or told to stop before that. */
export type Outcome = 'finished' | 'interrupted';
