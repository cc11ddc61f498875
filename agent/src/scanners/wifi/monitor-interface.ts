import { UnavailableError } from '@tdc/shared/errors.ts';
import type { System } from '../../system.ts';

/** How an interface was found, and is given back. */
interface Found {
  /** The kernel's number of it: another one when it is plugged in again. */
  readonly ifindex: string;
  /** As `iw` takes it, such as `managed`. */
  readonly type: string;
  readonly isUp: boolean;
  readonly isNetworkManagers: boolean;
}

/** Modes that it can be given back in, as `iw` tells them and takes them: in others another program uses it. */
const modes = new Map([
  ['managed', 'managed'],
  ['monitor', 'monitor'],
  ['IBSS', 'ibss'],
  ['mesh point', 'mesh'],
]);
const iffUp = 0x1;

/** A Wi-Fi interface that can be put into monitor mode, and given back as it was. */
export class MonitorInterface {
  readonly name: string;
  readonly #system: System;
  #found: Found | undefined;

  constructor(name: string, system: System) {
    this.name = name;
    this.#system = system;
  }

  get presence(): 'up' | 'down' | 'gone' {
    const flags = this.#system.text(`/sys/class/net/${this.name}/flags`);
    if (flags === undefined || (this.#found !== undefined && this.#ifindex !== this.#found.ifindex)) return 'gone';
    return (Number(flags) & iffUp) === 0 ? 'down' : 'up';
  }

  /** Puts it into monitor mode and up. Resolves to what may hinder it all the same, in words; throws UnavailableError when it cannot be done. */
  async take(): Promise<string | undefined> {
    // What was found first counts, however often it is taken: in between it may not have come back into its state.
    const found = this.#found !== undefined && this.#found.ifindex === this.#ifindex ? this.#found : undefined;
    const { type, isNetworkManagers } = found ?? (await this.#look());
    const refusal = isNetworkManagers ? await this.#setManaged('no') : undefined;
    if (type !== 'monitor') {
      await this.#must('ip', ['link', 'set', 'dev', this.name, 'down']);
      await this.#must('iw', ['dev', this.name, 'set', 'type', 'monitor']);
    }
    await this.#must('ip', ['link', 'set', 'dev', this.name, 'up']);
    return refusal === undefined
      ? undefined
      : `NetworkManager may take ${this.name} back: name it in unmanaged-devices of its configuration (${refusal})`;
  }

  /** Resolves to why it is not as it was found, in words. */
  async giveBack(): Promise<string | undefined> {
    if (this.#found === undefined || this.presence === 'gone') return undefined;
    const { type, isUp, isNetworkManagers } = this.#found;
    const isAsFound = type === 'monitor' && isUp;
    const steps: readonly (readonly [string, readonly string[]])[] = [
      ...(isAsFound ? [] : [['ip', ['link', 'set', 'dev', this.name, 'down']] as const]),
      ...(type === 'monitor' ? [] : [['iw', ['dev', this.name, 'set', 'type', type]] as const]),
      ...(isUp && !isAsFound ? [['ip', ['link', 'set', 'dev', this.name, 'up']] as const] : []),
    ];
    let problem: string | undefined;
    for (const [program, args] of steps) {
      const done = await this.#system.run(program, args);
      if (!done.ok) problem ??= `${this.name} could not be given back as ${type}: ${done.problem}`;
    }
    const refusal = isNetworkManagers ? await this.#setManaged('yes') : undefined;
    return problem ?? refusal;
  }

  /** Resolves to why it does not go there, in words. */
  async setChannel(channel: number): Promise<string | undefined> {
    const done = await this.#system.run('iw', ['dev', this.name, 'set', 'channel', `${channel}`]);
    if (!done.ok) return `${this.name} does not go to channel ${channel}: ${done.problem}`;
    // The kernel takes the order and does nothing while another interface of the radio is in use.
    const text = await this.#system.output('iw', ['dev', this.name, 'info']);
    if (text === undefined || new RegExp(`^\\s*channel ${channel}\\b`, 'm').test(text)) return undefined;
    return `${this.name} does not go to channel ${channel}: another interface of its radio is in use, see "iw dev"`;
  }

  get #ifindex(): string | undefined {
    return this.#system.text(`/sys/class/net/${this.name}/ifindex`);
  }

  async #look(): Promise<Found> {
    const ifindex = this.#ifindex;
    const text = await this.#system.output('iw', ['dev', this.name, 'info']);
    const mode = /^\s*type (.+)$/m.exec(text ?? '')?.[1] ?? '';
    const type = modes.get(mode);
    if (ifindex === undefined || type === undefined) {
      throw new UnavailableError(
        `${this.name} is not taken for monitoring: its mode is ${mode || 'not known to iw'}, expected ${[...modes.keys()].join(', ')}`,
      );
    }
    const managed = await this.#system.output('nmcli', ['-g', 'GENERAL.NM-MANAGED', 'device', 'show', this.name]);
    // Another one by now: what was found of the one before says nothing of it.
    this.#found = undefined;
    this.#found = { ifindex, type, isUp: this.presence === 'up', isNetworkManagers: managed?.trim() === 'yes' };
    return this.#found;
  }

  async #setManaged(managed: 'yes' | 'no'): Promise<string | undefined> {
    const done = await this.#system.run('nmcli', ['device', 'set', this.name, 'managed', managed]);
    return done.ok ? undefined : done.problem;
  }

  async #must(program: string, args: readonly string[]): Promise<void> {
    const done = await this.#system.run(program, args);
    if (!done.ok) throw new UnavailableError(`${this.name} cannot be made to monitor: ${done.problem}`);
  }
}
