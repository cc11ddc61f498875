/** Who has sent a frame of 802.11. Format: IEEE 802.11-2020, section 9. */
export type Sender =
  /** A client: a phone, a car. */
  | { readonly type: 'client'; readonly address: string }
  /** An access point, or nobody can tell. */
  | { readonly type: 'other' };

/** `problem` says what is wrong in words that never hold an address. */
export type FrameParsed =
  | { readonly ok: true; readonly sender: Sender }
  | { readonly ok: false; readonly problem: string };

const types = { management: 0, control: 1, data: 2 } as const;
/** Control, duration, three addresses, sequence. */
const headerBytes = 24;
/** Association, reassociation and probe requests: only clients send them. */
const requests = [0, 2, 4];
/** Disassociation, authentication, deauthentication, and both sorts of action: clients and access points send them. */
const ofBoth = [10, 11, 12, 13, 14];

const direction = { toAccessPoint: 0x01, fromAccessPoint: 0x02 } as const;

/** Reads the header of a frame, of which the end may be missing. Never throws, whatever the octets. */
export function parseFrame(bytes: Buffer): FrameParsed {
  if (bytes.length < 2) return bad(`${bytes.length} octets, expected 2 or more`);
  const control = bytes.readUInt8(0);
  if ((control & 0x03) !== 0) return bad(`version ${control & 0x03}, expected 0`);
  const type = (control >> 2) & 0x03;
  // Control frames and those of other bands do not say who is a client.
  if (type !== types.management && type !== types.data) return other;
  if (bytes.length < headerBytes) return bad(`${bytes.length} octets, expected ${headerBytes} or more`);
  const isOfClient = type === types.data ? isDataOfClient(bytes) : isManagementOfClient(control >> 4, bytes);
  if (!isOfClient) return other;
  const address = bytes.subarray(10, 16);
  if (isGroup(address)) return bad('sent by a group address, expected that of one station');
  return { ok: true, sender: { type: 'client', address: textOf(address) } };
}

/** To an access point, and not on between two of them. Frames without data, by which clients tell that they sleep, are of this type too. */
const isDataOfClient = (bytes: Buffer): boolean =>
  (bytes.readUInt8(1) & (direction.toAccessPoint | direction.fromAccessPoint)) === direction.toAccessPoint;

/** Of what both send it is the client's when it goes to the access point, whose address is that of the network, the third. */
function isManagementOfClient(subtype: number, bytes: Buffer): boolean {
  if (requests.includes(subtype)) return true;
  if (!ofBoth.includes(subtype)) return false;
  const [receiver, sender, network] = [bytes.subarray(4, 10), bytes.subarray(10, 16), bytes.subarray(16, 22)];
  return !isGroup(receiver) && receiver.equals(network) && !sender.equals(network);
}

const isGroup = (address: Buffer): boolean => (address.readUInt8(0) & 0x01) !== 0;

/** `aa:bb:cc:dd:ee:ff`. */
const textOf = (address: Buffer): string => address.toString('hex').replaceAll(/(..)(?!$)/g, '$1:');

const other: FrameParsed = { ok: true, sender: { type: 'other' } };
const bad = (problem: string): FrameParsed => ({ ok: false, problem: `802.11: ${problem}` });
