import { systemClock } from '@tdc/shared/clock.ts';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomOf } from '../simulation/random.ts';
import { steadyClock } from '../steady-clock.ts';
import { ExecScanner } from './exec.ts';
import { parseExecLine } from './exec-line.ts';
import { observed } from './observed.ts';

/** A scanner that runs a small program of this Node. */
const scannerOf = (script: string) =>
  new ExecScanner({ command: [process.execPath, '-e', script], clock: steadyClock(systemClock) });

describe('a program', () => {
  test('is heard line by line, in the order of times, whatever the pieces its lines come in', async () => {
    const script = `
      const at = (ms) => new Date(Date.now() + ms).toISOString();
      const line = (plate, ms) => JSON.stringify({ kind: 'anpr', address: plate, time: at(ms) }) + '\\n';
      const text = line('B AB 1', -300) + line('B AB 2', -900) + line('B AB 3', -100) + '{"kind":"anpr","address":"B AB 4"}\\n';
      process.stdout.write(text.slice(0, 40));
      setTimeout(() => process.stdout.write(text.slice(40)), 50);
      setInterval(() => {}, 1000);`;
    const { found, observations } = await observed(scannerOf(script), (sightings) => sightings.length === 4);
    expect(found.map(({ address }) => address)).toEqual(['B AB 2', 'B AB 1', 'B AB 3', 'B AB 4']);
    for (const [i, { sightings, watermarkMs }] of observations.entries()) {
      for (const { timeMs } of sightings) expect(timeMs).toBeGreaterThanOrEqual(observations[i - 1]?.watermarkMs ?? 0);
      expect(watermarkMs).toBeGreaterThanOrEqual(observations[i - 1]?.watermarkMs ?? Number.NEGATIVE_INFINITY);
    }
  });

  test('that is silent for long is heard whenever it speaks', async () => {
    const script = `
      let n = 0;
      setInterval(() => console.log(JSON.stringify({ kind: 'anpr', address: 'B AB ' + n++ })), 700);`;
    const { found } = await observed(scannerOf(script), (sightings) => sightings.length === 4);
    expect(found.map(({ address }) => address)).toEqual(['B AB 0', 'B AB 1', 'B AB 2', 'B AB 3']);
  }, 15_000);

  test('is heard whole by an agent that was too busy to read for seconds', async () => {
    const script = `
      let n = 0;
      setInterval(() => console.log(JSON.stringify({ kind: 'anpr', address: 'B AB ' + n++, time: new Date().toISOString() })), 50);`;
    const scanner = scannerOf(script);
    let isBusy = false;
    const { found } = await observed(scanner, ({ length }) => {
      if (length > 3 && !isBusy) {
        isBusy = true;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5000);
      }
      return length >= 150;
    });
    expect(found.slice(0, 150).map(({ address }) => address)).toEqual(
      Array.from({ length: 150 }, (_, index) => `B AB ${index}`),
    );
    expect(scanner.malformed).toBe(0);
  }, 30_000);

  test('that prints what is no sighting all the time holds up nobody', async () => {
    const script = `
      console.log(JSON.stringify({ kind: 'anpr', address: 'B AB 1' }));
      setInterval(() => console.log('x'), 20);`;
    const { found } = await observed(scannerOf(script), ({ length }) => length === 1);
    expect(found).toHaveLength(1);
  }, 20_000);

  test('that ends, or cannot be run, is a failure that says how', async () => {
    expect(String((await observed(scannerOf('process.exit(3)'), () => false)).error)).toMatch(/ended \(code 3\)/);
    expect(String((await observed(scannerOf('process.kill(process.pid, "SIGKILL")'), () => false)).error)).toMatch(
      /ended \(SIGKILL\)/,
    );
    const missing = new ExecScanner({ command: ['/no/such/program'], clock: steadyClock(systemClock) });
    expect(String((await observed(missing, () => false)).error)).toMatch(/cannot be run: ENOENT/);
  });

  test('is ended with the scanner, even one that does not want to', async () => {
    const script = `process.on('SIGTERM', () => {}); console.log(JSON.stringify({ kind: 'wifi', address: 'aa:bb:cc:00:00:' + String(process.pid % 90 + 10) })); console.log(JSON.stringify({ kind: 'imsi', address: String(100000 + process.pid) })); setInterval(() => {}, 1000);`;
    const { found } = await observed(scannerOf(script), (sightings) => sightings.length === 2);
    const pid = Number(found[1]?.address) - 100_000;
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  }, 15_000);

  test('has what is no sighting counted, and told without what is in it', async () => {
    const script = `
      console.log('B SECRET 1');
      console.log(JSON.stringify({ kind: 'plate', address: 'B SECRET 2' }));
      console.log(JSON.stringify({ kind: 'anpr', address: 'B SECRET 3', time: '2001-01-01T00:00:00Z' }));
      console.log('x'.repeat(5000));
      console.log(JSON.stringify({ kind: 'anpr', address: 'B AB 9' }));
      setInterval(() => {}, 1000);`;
    const scanner = scannerOf(script);
    const { found } = await observed(scanner, (sightings) => sightings.length === 1);
    expect(found[0]).toMatchObject({ kind: 'anpr', address: 'B AB 9' });
    expect(scanner.malformed).toBe(4);
    expect(scanner.lastMalformed).toBe('a line of more than 1000 bytes');
  });

  test('that prints without end is held up, and costs no memory', async () => {
    const script = `
      const line = JSON.stringify({ kind: 'wifi', address: 'aa:bb:cc:dd:ee:ff', rssi: -60 }) + '\\n';
      const write = () => { while (process.stdout.write(line)); process.stdout.once('drain', write); };
      write();`;
    const before = process.memoryUsage().rss;
    const { found } = await observed(scannerOf(script), (sightings) => sightings.length > 20_000);
    expect(found.length).toBeGreaterThan(20_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024);
  }, 20_000);
});

test('a line of a classic device may say its class, in 24 bits; that of another kind may not', () => {
  const nowMs = 1_700_000_000_000;
  const line = (given: object) => JSON.stringify({ kind: 'classic', address: '80:91:a2:b3:c4:d5', ...given });
  expect(parseExecLine(line({ class_of_device: 0x24_04_08 }), nowMs)).toMatchObject({
    sighting: { deviceClass: 0x24_04_08 },
  });
  expect(parseExecLine(line({}), nowMs).sighting).not.toHaveProperty('deviceClass');
  for (const wrong of [
    { class_of_device: 2 ** 24 },
    { class_of_device: 1, kind: 'wifi' },
    { class_of_device: 'phone' },
  ]) {
    expect(() => parseExecLine(line(wrong), nowMs)).toThrow('class_of_device: not as expected');
  }
});

test('whatever a line holds, it is a sighting or an error that does not quote it', () => {
  const nowMs = 1_700_000_000_000;
  const field = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.constant(null),
    fc.constantFrom('anpr', 'ble', '2023-11-14T22:13:20Z'),
  );
  const json = fc.record(
    { kind: field, address: field, address_type: field, rssi: field, time: field },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        json.map((value) => JSON.stringify(value)),
        fc.json(),
      ),
      fc.stringMatching(/^[A-Z]{8}$/),
      (line, mark) => {
        try {
          expect(parseExecLine(line, nowMs).sighting.kind).toBeTypeOf('string');
        } catch (error) {
          expect(String(error)).toMatch(/^InvalidInputError: /);
        }
        for (const broken of [
          `${mark}${line}`,
          JSON.stringify({ kind: mark, address: mark }),
          JSON.stringify([mark]),
        ]) {
          expect(() => parseExecLine(broken, nowMs)).toThrow(
            expect.not.objectContaining({ message: expect.stringContaining(mark) }),
          );
        }
      },
    ),
    { numRuns: 1000 },
  );
});

/** Generated and mutated lines, half each. */
const lines = 110_000;
/** The names of fields and words of ours, and nothing of the line. */
const problemPattern =
  /^(?:expected JSON|expected an object|(?:kind|address|address_type|rssi|time|class_of_device): not as expected|time: expected from 60 s before now to 5 s after)$/;

test('every line that is made up is read; whatever becomes of its characters, it is a sighting within bounds or an error that tells no address', () => {
  const random = randomOf('lines', 1);
  const nowMs = 1_700_000_000_000;
  const whole = (limit: number) => Math.floor(random.fraction() * limit);
  const hex = () => whole(256).toString(16).padStart(2, '0');
  const signs = ['"', '{', '}', ':', ',', '\\', '0', '-', '9', 'e', 'null', '\u0000', 'é', '  ', '[', 'kind', '1e9'];
  const count = { read: 0, ofChanged: 0, errors: 0 };
  for (let each = 0; each < lines / 2; each += 1) {
    const kind = random.pick(['anpr', 'ble', 'classic', 'wifi', 'imsi']) ?? 'anpr';
    const address = `${hex()}:${hex()}:${hex()}:${hex()}:${hex()}:${hex()}`;
    const line = JSON.stringify({
      kind,
      address,
      ...(random.chance(0.5) ? { address_type: random.pick(['public', 'random', 'unknown']) } : {}),
      ...(random.chance(0.5) ? { rssi: whole(148) - 127 } : {}),
      ...(random.chance(0.5) ? { time: new Date(nowMs - whole(60_000)).toISOString() } : {}),
      ...(kind === 'classic' && random.chance(0.5) ? { class_of_device: whole(2 ** 24) } : {}),
    });
    if (parseExecLine(line, nowMs).sighting.address !== address) throw new Error(line);
    count.read += 1;

    let changed = line;
    for (let changes = 1 + whole(4); changes > 0; changes -= 1) {
      const at = whole(changed.length);
      changed = changed.slice(0, at) + (random.pick(signs) ?? '') + changed.slice(at + whole(3));
    }
    if (random.chance(0.1)) changed = changed.slice(0, whole(changed.length));
    try {
      const { sighting, ageMs } = parseExecLine(changed, nowMs);
      const { rssiDbm = 0, deviceClass = 0 } = sighting;
      count.ofChanged += 1;
      if (Math.abs(ageMs) > 60_000 || rssiDbm < -127 || rssiDbm > 20 || deviceClass >= 2 ** 24) {
        throw new Error(`bounds: ${changed}`);
      }
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error;
      count.errors += 1;
      if (!problemPattern.test(error.message)) throw new Error(error.message);
    }
  }
  for (const some of Object.values(count)) expect(some).toBeGreaterThan(2000);
}, 60_000);
