import { fileURLToPath } from 'node:url';
import { Client, credentials } from '@grpc/grpc-js';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';

interface ReflectionResponse {
  readonly list_services_response?: { readonly service: readonly { readonly name: string }[] };
  readonly file_descriptor_response?: { readonly file_descriptor_proto: readonly Buffer[] };
  readonly error_response?: { readonly error_message: string };
}

const proto = new URL('../proto/grpc/reflection/v1/reflection.proto', import.meta.resolve('@grpc/reflection'));
const definition = loadSync(fileURLToPath(proto), { keepCase: true, oneofs: true });
const service = definition['grpc.reflection.v1.ServerReflection'] as ServiceDefinition;

/** One question to server reflection, as a general tool asks it; for tests. */
function ask(address: string, question: object): Promise<ReflectionResponse> {
  const client = new Client(address, credentials.createInsecure());
  const method = service.ServerReflectionInfo;
  if (method === undefined) throw new Error('reflection has no ServerReflectionInfo');
  const call = client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize);
  const { promise, resolve, reject } = Promise.withResolvers<ReflectionResponse>();
  call.on('data', (response: ReflectionResponse) => resolve(response));
  call.on('error', reject);
  call.write(question);
  return promise.finally(() => client.close());
}

/** Names of the services, sorted. */
export async function reflectedServices(address: string): Promise<readonly string[]> {
  const { list_services_response: list } = await ask(address, { list_services: '' });
  return (list?.service ?? []).map(({ name }) => name).sort();
}

/** The descriptors of the files that a symbol needs, as text with the names in them. */
export async function reflectedFiles(address: string, symbol: string): Promise<string> {
  const response = await ask(address, { file_containing_symbol: symbol });
  if (response.error_response !== undefined) throw new Error(response.error_response.error_message);
  return Buffer.concat([...(response.file_descriptor_response?.file_descriptor_proto ?? [])]).toString('latin1');
}
