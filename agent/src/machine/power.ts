import type { System } from '../system.ts';

/** What the firmware says of the supply; undefined: it does not say. */
export interface PowerReading {
  readonly underVoltage: boolean | undefined;
  readonly underVoltageSinceBoot: boolean | undefined;
  readonly throttled: boolean | undefined;
  readonly throttledSinceBoot: boolean | undefined;
}

const firmware = '/sys/bus/platform/drivers/raspberrypi-firmware';
const sensors = '/sys/class/hwmon';

/**
 * Bits of `get_throttled`, as Raspberry Pi's documentation of vcgencmd gives them: 0 under-voltage; 1 frequency capped, 2 throttled, 3 soft
 * temperature limit; the same 16 bits higher: has occurred since the boot.
 */
const underVoltageBits = 0b0001;
const throttledBits = 0b1110;
const sinceBootShift = 16;

/** Raspberry Pi's own kernel tells all of it, Debian's only the voltage; undefined on other machines. */
export function readPower(system: System): PowerReading | undefined {
  const bits = system.list(firmware).flatMap((device) => bitsOf(system.text(`${firmware}/${device}/get_throttled`)))[0];
  if (bits === undefined) return alarmOf(system);
  return {
    underVoltage: (bits & underVoltageBits) !== 0,
    underVoltageSinceBoot: ((bits >> sinceBootShift) & underVoltageBits) !== 0,
    throttled: (bits & throttledBits) !== 0,
    throttledSinceBoot: ((bits >> sinceBootShift) & throttledBits) !== 0,
  };
}

const bitsOf = (text: string | undefined): number[] =>
  text !== undefined && /^(0x)?[0-9a-f]{1,8}$/i.test(text) ? [Number.parseInt(text, 16)] : [];

/** The alarm of the kernel's raspberrypi-hwmon. */
function alarmOf(system: System): PowerReading | undefined {
  const sensor = system.list(sensors).find((each) => system.text(`${sensors}/${each}/name`) === 'rpi_volt');
  const alarm = sensor === undefined ? undefined : system.text(`${sensors}/${sensor}/in0_lcrit_alarm`);
  if (alarm === undefined) return undefined;
  return {
    underVoltage: alarm === '1',
    underVoltageSinceBoot: undefined,
    throttled: undefined,
    throttledSinceBoot: undefined,
  };
}
