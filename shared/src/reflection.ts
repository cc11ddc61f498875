import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { handleBidiStreamingCall, MethodDefinition, Server, UntypedServiceImplementation } from '@grpc/grpc-js';
import { protoPath as healthProto } from 'grpc-health-check';

const require = createRequire(import.meta.url);

const method = 'ServerReflectionInfo';
const versions = ['v1', 'v1alpha'] as const;

/** The one method of a version of reflection, as the library has it. */
interface Answering {
  readonly definition: MethodDefinition<unknown, unknown>;
  readonly handle: handleBidiStreamingCall<unknown, unknown>;
}

/**
 * Server reflection about some services. The library reads and indexes the whole contract for it, which takes half of the time to start a server:
 * it does when somebody asks for the first time, as hardly any server is ever asked.
 */
export function addReflection(server: Server, services: readonly string[]): void {
  let answering: ReadonlyMap<string, Answering> | undefined;
  for (const version of versions) {
    const path = `/grpc.reflection.${version}.ServerReflection/${method}`;
    const asked = (): Answering => {
      answering ??= readContract(services);
      const found = answering.get(path);
      if (found === undefined) throw new Error(`the library does not answer at ${path}`);
      return found;
    };
    const definition: MethodDefinition<unknown, unknown> = {
      path,
      requestStream: true,
      responseStream: true,
      requestSerialize: (request) => asked().definition.requestSerialize(request),
      requestDeserialize: (bytes) => asked().definition.requestDeserialize(bytes),
      responseSerialize: (response) => asked().definition.responseSerialize(response),
      responseDeserialize: (bytes) => asked().definition.responseDeserialize(bytes),
    };
    const handle: Answering['handle'] = (call) => asked().handle(call);
    server.addService({ [method]: definition }, { [method]: handle });
  }
}

function readContract(services: readonly string[]): ReadonlyMap<string, Answering> {
  const { loadSync }: typeof import('@grpc/proto-loader') = require('@grpc/proto-loader');
  const { ReflectionService }: typeof import('@grpc/reflection') = require('@grpc/reflection');
  const root = fileURLToPath(new URL('../../', import.meta.resolve('@tdc/proto/tdc/v1/query.proto')));
  const files = readdirSync(join(root, 'tdc/v1')).map((file) => `tdc/v1/${file}`);
  // Fields under the names that the contract gives them.
  const contract = loadSync([...files, healthProto], { includeDirs: [root], keepCase: true });
  const answering = new Map<string, Answering>();
  new ReflectionService(contract, { services: [...services] }).addToServer({
    addService(offered, implementation: UntypedServiceImplementation) {
      const definition = offered[method];
      const handle = implementation[method] as Answering['handle'] | undefined;
      if (definition !== undefined && handle !== undefined) answering.set(definition.path, { definition, handle });
    },
  });
  return answering;
}
