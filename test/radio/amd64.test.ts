import { describe } from 'vitest';
import { bluetoothRecovery } from './bluetooth-recovery.suite.ts';
import { bluetoothStorm } from './bluetooth-storm.suite.ts';
import { driveBy } from './drive-by.suite.ts';
import { everyRadio } from './every-radio.suite.ts';
import { hearsAndForwards } from './hears-and-forwards.suite.ts';
import { powerCut } from './power-cut.suite.ts';

describe('on amd64', () => {
  const world = hearsAndForwards('amd64');
  // The rest is no matter of the processor.
  bluetoothStorm(world);
  driveBy(world);
  describe('after what goes wrong', () => bluetoothRecovery(world));
  describe('with every radio', () => everyRadio(world));
  describe('when the power is cut', () => powerCut(world));
});
