/** How a controller talks with the host that it is plugged into, in packets of which each begins with the octet of its type. */
export interface HostLink {
  /** The host's name of the adapter, such as `hci0`, where the way to it tells that. */
  readonly name?: string;
  /** Hands a packet to the host. */
  give(packet: Buffer): void;
  /** What comes from the host, until it is gone. */
  packets(): AsyncIterable<Buffer>;
}
