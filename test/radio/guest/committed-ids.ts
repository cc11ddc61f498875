/** Runs in the guest: prints the ids of all events that ever were committed in the outbox FILE, one a line. */
import { committedIds } from '../../src/harness/oracle.ts';

process.stdout.write(`${committedIds(process.argv[2] ?? '').join('\n')}\n`);
