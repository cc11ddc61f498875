import type { AgentStatus } from './api-types.ts';

/** Sightings a minute of each radio, between the last two statuses of an agent. */
export class SightingRates {
  #last: AgentStatus | undefined;
  #perMinute: ReadonlyMap<string, number> = new Map();

  /** Undefined until two statuses have come, and after the agent has begun to count anew. */
  of(scanner: string): number | undefined {
    return this.#perMinute.get(scanner);
  }

  take(status: AgentStatus): void {
    const before = this.#last;
    if (before?.taken_at === status.taken_at) return;
    this.#last = status;
    if (before === undefined || before.taken_at === null || status.taken_at === null) return;
    const minutes = (Date.parse(status.taken_at) - Date.parse(before.taken_at)) / 60_000;
    const isSameRun = before.started_at === status.started_at && minutes > 0;
    const counts = new Map(before.scanners.map(({ name, sightings }) => [name, sightings]));
    this.#perMinute = new Map(
      isSameRun
        ? status.scanners.flatMap(({ name, sightings }) => {
            const count = counts.get(name);
            return count === undefined || sightings < count ? [] : [[name, (sightings - count) / minutes] as const];
          })
        : [],
    );
  }
}
