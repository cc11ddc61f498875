import { readFileSync } from 'node:fs';
import type { System } from '../system.ts';

/** How the voltage of a battery or supply is measured. */
export interface Battery {
  /** File with one number in it, such as `/sys/class/hwmon/hwmon1/in1_input`. */
  readonly voltageFile: string;
  /** Volts of one unit of that number: 0.001 for millivolts. */
  readonly voltsPerUnit: number;
  readonly lowVolts: number;
}

export interface BatteryReading {
  /** Undefined when they could not be read. */
  readonly volts: number | undefined;
  readonly lowVolts: number;
  /** Why; empty when they could. */
  readonly error: string;
}

const shownCharactersMax = 20;

/** Never throws: a battery that cannot be read is told as such. */
export function readBattery(system: System, { voltageFile, voltsPerUnit, lowVolts }: Battery): BatteryReading {
  const reading = unitsIn(system.path(voltageFile));
  return typeof reading === 'number'
    ? { volts: reading * voltsPerUnit, lowVolts, error: '' }
    : { volts: undefined, lowVolts, error: `battery.voltage_file ${voltageFile}: ${reading.error}` };
}

function unitsIn(file: string): number | { readonly error: string } {
  let text: string;
  try {
    text = readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return { error: `cannot be read (${error.code})` };
  }
  if (/^[+-]?\d+(\.\d+)?$/.test(text)) return Number(text);
  return { error: `${JSON.stringify(text.slice(0, shownCharactersMax))}: expected a number` };
}
