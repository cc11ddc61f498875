import type { System } from '../system.ts';

/** A switch of the kernel that turns a radio off. */
export interface RadioSwitch {
  /** Of an adapter `hci0` or `phy0`, or of a key of the machine. */
  readonly name: string;
  readonly type: string;
  readonly state: 'on' | 'off by software' | 'off by hardware';
}

/** The switches in /sys/class/rfkill: kernel documentation, driver-api/rfkill. */
export function radioSwitches(system: System): readonly RadioSwitch[] {
  return system.list('/sys/class/rfkill').map((entry) => {
    const text = (file: string) => system.text(`/sys/class/rfkill/${entry}/${file}`);
    const state = text('hard') === '1' ? 'off by hardware' : text('soft') === '1' ? 'off by software' : 'on';
    return { name: text('name') ?? entry, type: text('type') ?? 'unknown', state };
  });
}

/** What to do about a switch that is off; `type` as `rfkill` calls it. */
export const switchAdvice = ({ state }: RadioSwitch, type: string): string =>
  state === 'off by hardware'
    ? 'turn it on with its key or switch, or in the settings of the firmware'
    : `sudo rfkill unblock ${type}`;
