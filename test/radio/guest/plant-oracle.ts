/** Runs in the guest: makes the outbox FILE, which remembers all events that ever were committed. */
import { plantOracle } from '../../src/harness/oracle.ts';

plantOracle(process.argv[2] ?? '');
