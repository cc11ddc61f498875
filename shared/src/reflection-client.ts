import { fileURLToPath } from 'node:url';
import { Client, credentials } from '@grpc/grpc-js';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';

interface ReflectionResponse {
  readonly list_services_response?: { readonly service: readonly { readonly name: string }[] };
  readonly file_descriptor_response?: { readonly file_descriptor_proto: readonly Buffer[] };
  readonly error_response?: { readonly error_message: string };
}

type ReflectionVersion = 'v1' | 'v1alpha';

function methodOf(version: ReflectionVersion) {
  const proto = new URL(
    `../proto/grpc/reflection/${version}/reflection.proto`,
    import.meta.resolve('@grpc/reflection'),
  );
  const definition = loadSync(fileURLToPath(proto), { keepCase: true, oneofs: true });
  const { ServerReflectionInfo: method } = definition[
    `grpc.reflection.${version}.ServerReflection`
  ] as ServiceDefinition;
  if (method === undefined) throw new Error('reflection has no ServerReflectionInfo');
  return method;
}

/** One question to server reflection, as a general tool asks it; for tests. */
function ask(address: string, question: object, version: ReflectionVersion): Promise<ReflectionResponse> {
  const client = new Client(address, credentials.createInsecure());
  const method = methodOf(version);
  const call = client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize);
  const { promise, resolve, reject } = Promise.withResolvers<ReflectionResponse>();
  call.on('data', (response: ReflectionResponse) => resolve(response));
  call.on('error', reject);
  call.write(question);
  return promise.finally(() => client.close());
}

/** Names of the services, sorted. */
export async function reflectedServices(address: string, version: ReflectionVersion): Promise<readonly string[]> {
  const { list_services_response: list } = await ask(address, { list_services: '' }, version);
  return (list?.service ?? []).map(({ name }) => name).sort();
}

/** The descriptors of the files that a symbol needs, as text with the names in them. */
export async function reflectedFiles(address: string, symbol: string, version: ReflectionVersion): Promise<string> {
  const response = await ask(address, { file_containing_symbol: symbol }, version);
  if (response.error_response !== undefined) throw new Error(response.error_response.error_message);
  return Buffer.concat([...(response.file_descriptor_response?.file_descriptor_proto ?? [])]).toString('latin1');
}
