import { credentials, makeGenericClientConstructor, type ServiceDefinition } from '@grpc/grpc-js';

/** grpc.health.v1, by hand: a name in, a number out. */
const words = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;
export type HealthWord = (typeof words)[number];

const requestBytes = (service: string) =>
  Buffer.concat([Buffer.from([0x0a, Buffer.byteLength(service)]), Buffer.from(service)]);
const wordOf = (bytes: Buffer): HealthWord => words[bytes[0] === 0x08 ? (bytes[1] ?? 0) : 0] ?? 'UNKNOWN';

const method = (name: string, responseStream: boolean) => ({
  path: `/grpc.health.v1.Health/${name}`,
  requestStream: false,
  responseStream,
  requestSerialize: requestBytes,
  requestDeserialize: (bytes: Buffer) => bytes.toString(),
  responseSerialize: () => Buffer.alloc(0),
  responseDeserialize: wordOf,
});

const definition = { check: method('Check', false), watch: method('Watch', true) } as unknown as ServiceDefinition;
const HealthClient = makeGenericClientConstructor(definition, 'grpc.health.v1.Health');

/** What standard health says of a service; the empty name stands for the whole server. */
export async function healthAt(address: string, service = ''): Promise<HealthWord> {
  const client = new HealthClient(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  try {
    return await new Promise((resolve, reject) => {
      const deadline = Date.now() + 5000;
      client.makeUnaryRequest(
        '/grpc.health.v1.Health/Check',
        requestBytes,
        wordOf,
        service,
        { deadline } as never,
        (error: Error | null, word?: HealthWord) => (error === null ? resolve(word ?? 'UNKNOWN') : reject(error)),
      );
    });
  } finally {
    client.close();
  }
}
