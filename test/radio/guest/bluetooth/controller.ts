import { seededRandom } from '../../../src/harness/random.ts';
import { type BleDevice, type ClassicDevice, type Device, rssiAt } from './air.ts';
import { answerTo, resetState } from './answers.ts';
import {
  addressBytes,
  advertisingReport,
  type Command,
  commandComplete,
  commandStatus,
  inquiryComplete,
  inquiryResult,
} from './packets.ts';

const inquiryOpcode = 0x0401;
const inquiryCancelOpcode = 0x0402;
const resetOpcode = 0x0c03;
/** Link control that this one does not do: it succeeds, and then nobody answers. */
const remoteNameOpcode = 0x0419;
const pageTimeout = 0x04;
/** The unit of an inquiry's length, 7.1.1. */
const inquiryUnitMs = 1280;
/** A device listens for inquiries once in 1.28 s, and on half of the frequencies: it has answered after two rounds of both (volume 2, part B, 8.4). */
const answerMsMax = 2560;

/**
 * A Bluetooth controller of version 5.0 without a radio, behind it the devices that the test tells: it answers a host as a real one does,
 * reports an advertisement whenever a device has one and the host scans, and each classic device once in an inquiry.
 */
export class Controller {
  readonly #address: string;
  readonly #send: (packet: Buffer) => void;
  readonly #random = seededRandom(1);
  readonly #state = resetState();
  #classic: readonly ClassicDevice[] = [];
  #toldMs = 0;
  #advertising: readonly NodeJS.Timeout[] = [];
  #inquiring: readonly NodeJS.Timeout[] = [];
  readonly counts = { advertisements: 0, answers: 0, inquiries: 0 };

  constructor(address: string, send: (packet: Buffer) => void) {
    this.#address = address;
    this.#send = send;
  }

  /** These are in the air from `nowMs` on, and no others. */
  setDevices(devices: readonly Device[], nowMs: number): void {
    for (const timer of this.#advertising) clearTimeout(timer);
    this.#toldMs = nowMs;
    this.#classic = devices.filter((device) => device.kind === 'classic');
    const timers: NodeJS.Timeout[] = [];
    for (const device of devices.filter((each) => each.kind === 'ble')) {
      const address = addressBytes(device.address);
      const begin = () => timers.push(setInterval(() => this.#advertise(device, address), device.intervalMs));
      timers.push(setTimeout(begin, this.#random.fraction() * device.intervalMs));
    }
    this.#advertising = timers;
  }

  take({ opcode, parameters }: Command): void {
    if (opcode === inquiryOpcode) this.#inquire(parameters[3] ?? 0);
    else if (opcode === remoteNameOpcode) this.#send(commandStatus(opcode, pageTimeout));
    else {
      if (opcode === inquiryCancelOpcode || opcode === resetOpcode) this.#endInquiry();
      this.#send(commandComplete(opcode, answerTo(opcode, parameters, this.#state, this.#address)));
    }
  }

  #advertise(device: BleDevice, address: Buffer): void {
    if (!this.#state.isScanning) return;
    const rssiDbm = this.#rssi(device);
    if (rssiDbm === undefined) return;
    this.counts.advertisements += 1;
    this.#send(advertisingReport(address, device.addressType === 'random', rssiDbm));
  }

  #inquire(units: number): void {
    this.#send(commandStatus(inquiryOpcode, 0));
    this.counts.inquiries += 1;
    const lengthMs = units * inquiryUnitMs;
    const answers = this.#classic.map((device) => {
      const inMs = this.#random.fraction() * answerMsMax;
      return setTimeout(() => inMs < lengthMs && this.#answer(device), inMs);
    });
    const end = setTimeout(() => {
      this.#inquiring = [];
      this.#send(inquiryComplete());
    }, lengthMs);
    this.#inquiring = [...answers, end];
  }

  #answer(device: ClassicDevice): void {
    const rssiDbm = this.#rssi(device);
    if (rssiDbm === undefined) return;
    this.counts.answers += 1;
    this.#send(inquiryResult(this.#state.inquiryMode, addressBytes(device.address), device.classOfDevice, rssiDbm));
  }

  #endInquiry(): void {
    for (const timer of this.#inquiring) clearTimeout(timer);
    this.#inquiring = [];
  }

  #rssi(device: Device): number | undefined {
    return rssiAt(device, Date.now() - this.#toldMs, () => this.#random.fraction());
  }
}
