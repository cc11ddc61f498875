import { once } from 'node:events';
import { connect } from 'node:net';
import type { HostLink } from './host-link.ts';
import { packetLength } from './packets.ts';

/** The way through a serial port whose other end is this socket, packets one after another: H4, volume 4, part A of the specification. */
export async function throughSerialPort(path: string): Promise<HostLink> {
  const socket = connect(path);
  await once(socket, 'connect');
  return {
    give: (packet) => socket.write(packet),
    packets: async function* () {
      let rest = Buffer.alloc(0);
      for await (const bytes of socket) {
        rest = Buffer.concat([rest, bytes]);
        for (let length = packetLength(rest); length <= rest.length; length = packetLength(rest)) {
          yield rest.subarray(0, length);
          rest = rest.subarray(length);
        }
      }
    },
  };
}
