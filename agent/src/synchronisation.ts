import type { ClockVoucher } from './clock-watch.ts';
import type { System } from './system.ts';

/** systemd-timesyncd makes this file when it has set the clock, touches it whenever it does so again, and a boot begins without it. */
const timesyncdFile = '/run/systemd/timesync/synchronized';
/** How often programs are asked at most. */
const askEveryMs = 10_000;

/** Who says that the clock is synchronised; undefined where nobody does. */
export async function synchronisedBy(system: System): Promise<string | undefined> {
  return system.changedMs(timesyncdFile) === undefined ? programThatVouches(system) : 'systemd-timesyncd';
}

/** Asks the system about its clock: looks for the file of systemd-timesyncd every time, and asks programs every ten seconds. */
export class SystemVoucher implements ClockVoucher {
  readonly #system: System;
  readonly #monotonicMs: () => number;
  /** When the file was last touched, as of the last note. */
  #notedMs: number | undefined;
  #answer: { readonly vouches: boolean; readonly atMs: number } | undefined;

  constructor(system: System, monotonicMs: () => number) {
    this.#system = system;
    this.#monotonicMs = monotonicMs;
  }

  note(): void {
    this.#notedMs = this.#system.changedMs(timesyncdFile);
    this.#answer = undefined;
  }

  async vouches(): Promise<boolean> {
    const changedMs = this.#system.changedMs(timesyncdFile);
    if (changedMs !== undefined && changedMs !== this.#notedMs) return true;
    if (this.#answer === undefined || this.#monotonicMs() - this.#answer.atMs >= askEveryMs) {
      const vouches = (await programThatVouches(this.#system)) !== undefined;
      this.#answer = { vouches, atMs: this.#monotonicMs() };
    }
    return this.#answer.vouches;
  }
}

/**
 * `timedatectl` tells what the kernel was told by whatever keeps its time: timesyncd, chrony, ntpd, or what serves GPS and PTP. chrony tells
 * the kernel only where it is configured to (`rtcsync`), and is asked itself.
 */
async function programThatVouches(system: System): Promise<string | undefined> {
  const kernel = await system.output('timedatectl', ['show', '--property=NTPSynchronized', '--value']);
  if (kernel?.trim() === 'yes') return 'the kernel';
  const tracking = await system.output('chronyc', ['-n', '-c', 'tracking']);
  return tracking?.trim().endsWith(',Normal') ? 'chrony' : undefined;
}
