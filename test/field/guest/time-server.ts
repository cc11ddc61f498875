/** Runs in the guest: a time server (NTP, RFC 5905) on its loopback, which has the time that the guest has already, as after many answers. */
import { createSocket } from 'node:dgram';

const port = 123;
/** From 1900 to 1970. */
const eraSeconds = 2_208_988_800;

function timestamp(ms: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(Math.floor(ms / 1000) + eraSeconds, 0);
  bytes.writeUInt32BE(Math.floor(((ms % 1000) / 1000) * 2 ** 32), 4);
  return bytes;
}

const socket = createSocket('udp4');
socket.on('message', (request, { port: from, address }) => {
  const now = timestamp(Date.now());
  const answer = Buffer.alloc(48);
  // No leap second, version 4, a server, of stratum 1, with a precision of a millisecond.
  Buffer.from([0x24, 1, request[2] ?? 0, 0xf6]).copy(answer);
  answer.write('TEST', 12);
  now.copy(answer, 16);
  request.copy(answer, 24, 40, 48);
  now.copy(answer, 32);
  now.copy(answer, 40);
  socket.send(answer, from, address);
});
socket.bind(port, '127.0.0.1', () => process.stdout.write('ready\n'));
