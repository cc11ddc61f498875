import noble from '@abandonware/noble';
import type { RadioReport } from './radio-report.ts';

/** Noble has the adapter ready in less. */
const startMsMax = 10_000;
/** After so long without any advertisement the scan is started again, and the controller must confirm it: an empty road is silent too. */
const silentMsMax = 10_000;
const confirmMsMax = 5000;
/** Another program that scans, or ends its scan, is left so long to be done with it before ours is started again. */
const disturbedMs = 500;
/** A silence that a confirmed scan does not end: the process is replaced, as the last that can be done without touching the adapter. */
const silentRenewMs = 15 * 60_000;
/** Noble keeps every address that it ever heard, and they change all the time: the process is replaced after so many, about 30 MB. */
const addressesMax = 8000;
/** What a controller says that does not know the RSSI. */
const rssiUnknown = 127;

/** Hears every advertisement, through noble. */
export function hearAdvertisements(index: number, report: RadioReport): void {
  const addresses = new Set<string>();
  let heardMs = performance.now();
  let scanMs = performance.now();
  let isScanning = false;
  let disturbed: NodeJS.Timeout | undefined;
  let pending: NodeJS.Timeout | undefined = setTimeout(
    () => report.fail(`hci${index} does not answer: unplug it, or restart the machine`),
    startMsMax,
  );

  const scan = () => {
    scanMs = performance.now();
    clearTimeout(pending);
    pending = setTimeout(
      () => report.fail(`hci${index} does not start to scan: unplug it, or restart the machine`),
      confirmMsMax,
    );
    noble.startScanning([], true, (error) => {
      clearTimeout(pending);
      if (error) return report.fail(`hci${index} cannot scan`);
      if (!isScanning) report.ready();
      isScanning = true;
    });
  };

  const scanSoon = () => {
    if (!isScanning) return;
    clearTimeout(disturbed);
    disturbed = setTimeout(scan, disturbedMs);
  };

  noble.on('stateChange', (state) => {
    // Whoever lets noble see the adapter come back gets descriptors closed that are not its own.
    if (state === 'poweredOn') scan();
    else report.fail(`hci${index}: noble says "${state}"`);
  });
  // Another program, such as bluetoothd, has stopped the scan, or has started one that tells of each device once.
  noble.on('scanStop', () => scanSoon());
  noble.on('scanStart', (filtersDuplicates: boolean) => {
    if (filtersDuplicates) scanSoon();
  });
  noble.on('discover', ({ address, addressType, rssi }) => {
    heardMs = performance.now();
    report.heard({
      timeMs: Date.now(),
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
    else if (isScanning && Math.min(silentMs, performance.now() - scanMs) > silentMsMax) scan();
  }, 1000);
}
