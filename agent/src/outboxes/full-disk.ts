/**
 * What an outbox does on a small disk, one scenario a process: `node full-disk.ts SCENARIO FOLDER`, where the folder is a
 * file system of 32 MiB of its own. Exits with 1 and the reason when the outbox does not do it.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UnavailableError } from '@tdc/shared/errors.ts';
import { madeUpEvents } from '@tdc/shared/made-up-event.ts';
import { madeUpWaitingEvents } from '../made-up-waiting-event.ts';
import { SqliteOutbox } from './sqlite.ts';

const whole = { after: 0, through: Number.MAX_SAFE_INTEGER, limit: 1_000_000 };
const [scenario = '', disk = ''] = process.argv.slice(2);
const mebibyte = 1024 * 1024;

const openOutbox = () =>
  new SqliteOutbox({
    file: join(disk, 'outbox.sqlite'),
    bytesMax: 256 * mebibyte,
    nowMs: () => 0,
    onRecovered: ({ reason }) => assert.fail(`the outbox was thought damaged: ${reason}`),
  });

/** Appends until the disk takes no more; gives how many events it took. */
function fill(outbox: SqliteOutbox, append = () => outbox.append(madeUpEvents(500))): number {
  for (let taken = 0; taken < 1_000_000; taken += 500) {
    try {
      append();
    } catch (error) {
      assert(error instanceof UnavailableError);
      return taken;
    }
  }
  return assert.fail('the disk never became full');
}

function expectStored(outbox: SqliteOutbox, taken: number): void {
  assert.equal(outbox.counts().made, taken);
  assert.equal(outbox.counts().stored, taken);
  assert.deepEqual(
    outbox.read(whole).map(({ seq }) => seq),
    Array.from({ length: taken }, (_, index) => index + 1),
  );
}

const scenarios: Readonly<Record<string, () => void>> = {
  keepsWhatItHas() {
    const outbox = openOutbox();
    const taken = fill(outbox);
    assert(taken > 10_000, `took ${taken} events`);
    expectStored(outbox, taken);
    assert.throws(() => outbox.append(madeUpEvents(1000)), /full/);
    expectStored(outbox, taken);
    outbox[Symbol.dispose]();
    using next = openOutbox();
    next.open();
    expectStored(next, taken);
  },

  isDrainedAndTakesEventsAgain() {
    using outbox = openOutbox();
    const taken = fill(outbox);
    const seqs = outbox.read(whole).map(({ seq }) => seq);
    for (let start = 0; start < seqs.length; start += 256) outbox.settle(seqs.slice(start, start + 256), []);
    assert.equal(outbox.counts().acknowledged, taken);
    assert.equal(outbox.counts().stored, 0);
    outbox.append(madeUpEvents(5000));
    assert.equal(outbox.counts().stored, 5000);
  },

  isDrainedOfWhatWaited() {
    using outbox = openOutbox();
    const taken = fill(outbox, () => outbox.append(madeUpWaitingEvents(500)));
    assert.equal(outbox.counts().waiting, taken);
    for (let after = 0; outbox.counts().waiting > 0; ) {
      const numbers = outbox.waitingAfter(after, 500).map(({ number }) => number);
      const events = madeUpEvents(numbers.length);
      outbox.release(numbers.map((number, index) => ({ number, event: events[index] })));
      after = numbers.at(-1) ?? assert.fail('they are not there');
    }
    assert.equal(outbox.counts().stored, taken);
    for (let left = taken; left > 0; left = outbox.counts().stored) {
      outbox.settle(
        outbox.read({ ...whole, limit: 1000 }).map(({ seq }) => seq),
        [],
      );
      assert(outbox.counts().stored < left);
    }
    assert.equal(outbox.counts().acknowledged, taken);
  },

  takesEventsAgainWhenThereIsRoom() {
    using outbox = openOutbox();
    outbox.append(madeUpEvents(100));
    const ballast = join(disk, 'ballast');
    for (let bytes = 32 * mebibyte; bytes >= 1; bytes = Math.floor(bytes / 2)) {
      try {
        writeFileSync(ballast, Buffer.alloc(bytes), { flag: 'a' });
      } catch {
        // What did not fit is tried at half the size, until the disk is full.
      }
    }
    fill(outbox);
    rmSync(ballast);
    const before = outbox.counts().made;
    outbox.append(madeUpEvents(1000));
    expectStored(outbox, before + 1000);
  },

  isUnavailableWhileItsDiskIsReadOnly() {
    using outbox = openOutbox();
    outbox.append(madeUpEvents(10));
    outbox[Symbol.dispose]();
    execFileSync('sh', ['-c', 'mount -o remount,bind,ro "$1"', 'sh', disk]);
    assert.throws(() => outbox.append(madeUpEvents(1)), UnavailableError);
    execFileSync('sh', ['-c', 'mount -o remount,bind,rw "$1"', 'sh', disk]);
    outbox.append(madeUpEvents(1));
    expectStored(outbox, 11);
  },
};

const act = scenarios[scenario];
if (act === undefined) throw new Error(`${scenario}: expected one of ${Object.keys(scenarios).join(', ')}`);
act();
