import noble from '@abandonware/noble';
import type { RadioReport } from '../radio/radio-report.ts';
import { watchScanCommands } from './scan-watch.ts';

/** Noble has the adapter ready in less. */
const startMsMax = 10_000;
/** After so long without any advertisement the scan is started again, and the controller must confirm it: an empty road is silent too. */
const silentMsMax = 10_000;
/** The controller has answered the end of one scan and the start of the next in less. */
const confirmMsMax = 2000;
/** Scans in a row that the controller refused, or did not answer, after which it is given up. */
const refusalsMax = 5;
/** Another program that scans, or ends its scan, is left so long to be done with it before ours is started again. */
const disturbedMs = 500;
/** A silence that a confirmed scan does not end: the process is replaced, as the last that can be done without touching the adapter. */
const silentRenewMs = 15 * 60_000;
/** Noble keeps every address that it ever heard, and they change all the time: the process is replaced after so many, about 30 MB. */
const addressesMax = 8000;
/** What a controller says that does not know the RSSI. */
const rssiUnknown = 127;

/** Hears every advertisement, through noble, until what it returns is called. */
export function hearAdvertisements(index: number, report: RadioReport): () => void {
  const addresses = new Set<string>();
  const scan = new Scan(index, report);
  let heardMs = performance.now();
  const late = setTimeout(
    () => report.fail(`hci${index} does not answer: unplug it, or restart the machine`),
    startMsMax,
  );

  // All that noble warns of is a frame that it cannot read; what it says of it may have an address in it.
  console.warn = () => report.malformed('a frame that noble cannot read');
  noble.on('stateChange', (state) => {
    clearTimeout(late);
    // Whoever lets noble see the adapter come back gets descriptors closed that are not its own.
    if (state === 'poweredOn') scan.start();
    else report.fail(`hci${index}: noble says "${state}"`);
  });
  // Another program, such as bluetoothd, has stopped the scan, or has started one that tells of each device once.
  noble.on('scanStop', () => scan.startSoon());
  noble.on('scanStart', (filtersDuplicates: boolean) => {
    if (filtersDuplicates) scan.startSoon();
  });
  noble.on('discover', ({ address, addressType, rssi }) => {
    heardMs = performance.now();
    report.heard({
      kind: 'ble',
      address,
      addressType: addressType === 'random' ? 'random' : 'public',
      ...(rssi === rssiUnknown || rssi < -127 || rssi > 20 ? {} : { rssiDbm: rssi }),
    });
    addresses.add(address);
    if (addresses.size > addressesMax) report.renew();
  });
  setInterval(() => {
    const silentMs = performance.now() - heardMs;
    if (silentMs > silentRenewMs) report.renew();
    else if (Math.min(silentMs, scan.ageMs) > silentMsMax) scan.start();
  }, 1000);
  return () => noble.stopScanning();
}

/** The scan, which the controller must confirm each time it is started. */
class Scan {
  readonly #index: number;
  readonly #report: RadioReport;
  #startedMs: number | undefined;
  #answers = 0;
  #refusals = 0;
  #lastStatus: number | undefined;
  #isReady = false;
  #late: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;

  constructor(index: number, report: RadioReport) {
    this.#index = index;
    this.#report = report;
    watchScanCommands(index, (status) => this.#answered(status));
  }

  /** Since it was started last; 0 before. */
  get ageMs(): number {
    return this.#startedMs === undefined ? 0 : performance.now() - this.#startedMs;
  }

  start(): void {
    this.#startedMs = performance.now();
    this.#answers = 0;
    this.#lastStatus = undefined;
    clearTimeout(this.#soon);
    clearTimeout(this.#late);
    this.#late = setTimeout(() => this.#refused(), confirmMsMax);
    noble.startScanning([], true);
  }

  startSoon(): void {
    if (!this.#isReady) return;
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => this.start(), disturbedMs);
  }

  /** Noble ends the scan before, which may well be refused, and then starts one. */
  #answered(status: number): void {
    this.#answers += 1;
    this.#lastStatus = status;
    if (this.#answers < 2 || status !== 0) return;
    clearTimeout(this.#late);
    this.#refusals = 0;
    if (this.#isReady) return;
    this.#isReady = true;
    this.#report.ready();
  }

  #refused(): void {
    this.#refusals += 1;
    if (this.#refusals < refusalsMax) this.start();
    else this.#giveUp();
  }

  #giveUp(): void {
    this.#report.fail(
      this.#lastStatus === undefined
        ? `hci${this.#index} does not answer: unplug it, or restart the machine`
        : `hci${this.#index} refuses to scan (status 0x${this.#lastStatus.toString(16)}): end other programs that use it, and "bluetoothctl power off"`,
    );
  }
}
