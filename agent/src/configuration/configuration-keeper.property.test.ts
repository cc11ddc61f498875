import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UnavailableError } from '@tdc/shared/errors.ts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ConfigurationKeeper } from './configuration-keeper.ts';
import { startsMax } from './remote-configuration.ts';

const author = '7k2m-w0qe-9rtz-ncb4-5hxy-a1p8';
const steps = ['take', 'refuse', 'begin', 'confirm', 'roll back', 'power cut', 'disk refuses', 'disk is back'] as const;

/** A box whose power may be cut between any two steps, and whose disk may refuse any of them. */
class BoxUnderTest implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tdc-configuration-'));
  #keeper = this.#open();
  #isDiskWell = true;
  #given = 0;
  /** By number, how often an agent has begun with it that it had not proved itself to. */
  readonly begun = new Map<number, number>();
  /** Whose end is on disk: rolled back or refused, or followed by another. */
  readonly over = new Set<number>();
  /** The last that is proved, on disk; 0 before the first. */
  proved = 0;

  do(step: (typeof steps)[number]): void {
    const tried = this.#keeper.onProbation ? (this.#keeper.inForce?.sequence ?? 0) : 0;
    switch (step) {
      case 'take':
        this.#take(tried);
        return;
      case 'refuse':
        this.#given += 1;
        this.#keeper.refuse(this.#given, 'no good');
        if (this.#isDiskWell) this.over.add(this.#given);
        return;
      case 'begin':
        this.#begin(tried);
        return;
      case 'confirm':
        this.#keeper.confirm();
        if (tried > 0 && this.#isDiskWell) this.proved = tried;
        return;
      case 'roll back':
        this.#keeper.rollBack('nobody answers');
        if (tried > 0 && this.#isDiskWell) this.over.add(tried);
        return;
      case 'power cut':
        // What was being written is there in part, beside the file.
        if (this.#isDiskWell) writeFileSync(`${this.#file}.new`, '{"author":');
        this.#keeper = this.#open();
        return;
      case 'disk refuses':
        this.#diskRefuses();
        return;
      case 'disk is back':
        if (!this.#isDiskWell) rmdirSync(`${this.#file}.new`);
        this.#isDiskWell = true;
    }
  }

  check(): void {
    const keeper = this.#keeper;
    const sequence = keeper.inForce?.sequence ?? 0;
    expect(this.over.has(sequence)).toBe(false);
    if (sequence > 0) expect(keeper.inForce?.text).toBe(`text ${sequence}`);
    expect(keeper.sequence).toBeGreaterThanOrEqual(sequence);
    expect(keeper.sequence).toBeLessThanOrEqual(this.#given);
    for (const times of this.begun.values()) expect(times).toBeLessThanOrEqual(startsMax);
    // One that has proved itself is in force, or what is tried in its place, or one that has proved itself without the disk.
    if (this.#isDiskWell && !keeper.onProbation) expect(sequence).toBeGreaterThanOrEqual(this.proved);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }

  get #file(): string {
    return join(this.#folder, 'configuration.json');
  }

  #open(): ConfigurationKeeper {
    return new ConfigurationKeeper({ file: this.#file, detectorId: 'D1', author, nowMs: () => 1, onTrouble: () => {} });
  }

  #take(tried: number): void {
    const sequence = this.#given + 1;
    try {
      this.#keeper.take({ sequence, text: `text ${sequence}` });
    } catch (error) {
      expect(error).toBeInstanceOf(UnavailableError);
      expect(this.#isDiskWell).toBe(false);
      return;
    }
    this.#given = sequence;
    if (tried > 0) this.over.add(tried);
  }

  #begin(tried: number): void {
    this.#keeper.begin();
    if (tried === 0) return;
    if (this.#keeper.onProbation) this.begun.set(tried, (this.begun.get(tried) ?? 0) + 1);
    else if (this.#isDiskWell) this.over.add(tried);
  }

  /** No file can be made where a folder is. */
  #diskRefuses(): void {
    if (!this.#isDiskWell) return;
    rmSync(`${this.#file}.new`, { force: true });
    mkdirSync(`${this.#file}.new`);
    this.#isDiskWell = false;
  }
}

/** Beginnings most of all: only many of them without an end between are too many. */
const anyStep = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...steps) },
  { weight: 1, arbitrary: fc.constantFrom('begin' as const, 'power cut' as const) },
);

test('whatever happens, the proved one or a later one that is tried is in force, none is tried too often, and none that failed comes again', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60, size: 'max' }), (run) => {
      using box = new BoxUnderTest();
      for (const step of run) {
        box.do(step);
        box.check();
      }
    }),
    { numRuns: 300 },
  );
});

test('a configuration that is begun with again and again is rolled back to the proved one', () => {
  using box = new BoxUnderTest();
  for (const step of ['take', 'begin', 'confirm', 'take'] as const) box.do(step);
  for (let start = 1; start <= startsMax; start += 1) {
    box.do('power cut');
    box.do('begin');
    expect(box.begun.get(2)).toBe(start);
  }
  box.do('power cut');
  box.do('begin');
  box.check();
  expect([...box.over]).toEqual([2]);
});
