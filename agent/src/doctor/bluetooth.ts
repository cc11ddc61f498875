import { radioSwitches, switchAdvice } from '../machine/rfkill.ts';
import type { System } from '../system.ts';
import { type Finding, ok, problem, problemIf, warning } from './finding.ts';
import { scannersThatNeed } from './scanner-needs.ts';

const check = 'bluetooth';

/** The Bluetooth adapters and whether they are switched off. `adapter`: the one that is configured, such as `hci0`. */
export function checkBluetooth(system: System, scanners: readonly string[], adapter?: string): readonly Finding[] {
  const isNeeded = scannersThatNeed(scanners, ({ radio }) => radio === 'bluetooth').length > 0;
  // Connections stand beside the adapters, as hci0:64.
  const adapters = system.list('/sys/class/bluetooth').filter((name) => /^hci\d+$/.test(name));
  if (adapters.length === 0) {
    const advice =
      'plug one in; on a Raspberry Pi look for dtoverlay=disable-bt in config.txt, and for firmware errors in dmesg';
    return [problemIf(isNeeded, check, 'no Bluetooth adapter', advice)];
  }
  const missing =
    isNeeded && adapter !== undefined && !adapters.includes(adapter)
      ? [
          problem(
            check,
            `no adapter ${adapter}, there is ${adapters.join(', ')}`,
            'set bluetooth.adapter to one that is there',
          ),
        ]
      : [];
  const switches = radioSwitches(system).filter(({ type }) => type === 'bluetooth');
  const found = adapters.map((name): Finding => {
    const off = switches.find((each) => each.name === name && each.state !== 'on');
    const bus = busOf(system, name);
    if (off === undefined) return ok(check, `${name}${bus}, not switched off`);
    const isUsed = isNeeded && (adapter === undefined || adapter === name);
    return problemIf(isUsed, check, `${name}${bus} is ${off.state}`, switchAdvice(off, 'bluetooth'));
  });
  const others = switches
    .filter(({ name, state }) => state !== 'on' && !adapters.includes(name))
    .map((each) => warning(check, `the switch ${each.name} is ${each.state}`, switchAdvice(each, 'bluetooth')));
  return [...missing, ...found, ...others];
}

/** How it is connected: ` on usb`, ` on serial`; nothing where the kernel does not say. */
function busOf(system: System, adapter: string): string {
  const bus = /^(\w+):/.exec(system.text(`/sys/class/bluetooth/${adapter}/device/modalias`) ?? '')?.[1];
  return bus === undefined ? '' : ` on ${bus}`;
}
