import { fileURLToPath } from 'node:url';
import {
  type EnumTypeDefinition,
  loadSync,
  type MessageTypeDefinition,
  type ServiceDefinition,
} from '@grpc/proto-loader';
import fc from 'fast-check';

/** What is used of google.protobuf.FieldDescriptorProto. */
interface Field {
  readonly name: string;
  readonly label: 'LABEL_OPTIONAL' | 'LABEL_REPEATED';
  readonly type: string;
  readonly typeName: string;
}

const includeDirs = [fileURLToPath(new URL('../../../proto', import.meta.url))];
const contract = loadSync(
  ['access', 'agent', 'box_mail', 'collector', 'enrolment', 'query'].map((file) => `tdc/v1/${file}.proto`),
  {
    includeDirs,
    keepCase: true,
    longs: String,
  },
);

const serviceNames = [
  'tdc.v1.AccessService',
  'tdc.v1.BoxMailService',
  'tdc.v1.CollectorService',
  'tdc.v1.EnrolmentService',
  'tdc.v1.QueryService',
] as const;

/** Every method of the contract's services that a server answers. */
export const methods = serviceNames.flatMap((service) =>
  Object.entries(contract[service] as ServiceDefinition).map(([name, definition]) => ({ service, name, definition })),
);

const ulid = fc
  .tuple(
    fc.integer({ min: 0, max: 7 }),
    fc.string({ unit: fc.constantFrom(...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'), minLength: 25, maxLength: 25 }),
  )
  .map(([first, rest]) => `${first}${rest}`);
const text = fc.oneof(
  fc.constantFrom('', 'D1', 'D2', 'D9', '1a2b3c4d', '0'.repeat(32)),
  ulid,
  fc.string({ maxLength: 100 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constant('x'.repeat(20_000)),
);
const nowNs = BigInt(Date.now()) * 1_000_000n;
const whole = (min: bigint, max: bigint) =>
  fc
    .oneof(
      fc.constantFrom(0n, 1n, min, max, nowNs).map((value) => (value < min || value > max ? min : value)),
      fc.bigInt({ min, max }),
    )
    .map(String);
const small = (min: number, max: number) => fc.oneof(fc.constantFrom(0, 1, min, max), fc.integer({ min, max }));
const real = fc.oneof(fc.double({ min: -1000, max: 1000, noNaN: true }), fc.double());

/** Values of a field's type, right ones and wrong ones. */
function arbitraryOf({ type, typeName }: Field, depth: number): fc.Arbitrary<unknown> {
  switch (type) {
    case 'TYPE_STRING':
      return text;
    case 'TYPE_BYTES':
      return fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    case 'TYPE_BOOL':
      return fc.boolean();
    case 'TYPE_DOUBLE':
    case 'TYPE_FLOAT':
      return real;
    case 'TYPE_INT64':
    case 'TYPE_SINT64':
      return whole(-(2n ** 63n), 2n ** 63n - 1n);
    case 'TYPE_UINT64':
      return whole(0n, 2n ** 64n - 1n);
    case 'TYPE_INT32':
    case 'TYPE_SINT32':
      return small(-(2 ** 31), 2 ** 31 - 1);
    case 'TYPE_UINT32':
      return small(0, 2 ** 32 - 1);
    case 'TYPE_ENUM':
      return fc.integer({ min: 0, max: valuesOf(typeName) + 1 });
    case 'TYPE_MESSAGE':
      return messageOf(contract[`tdc.v1.${typeName}`] as MessageTypeDefinition<object, object>, depth + 1);
    default:
      throw new Error(`no values for ${type}: the contract has a type that this test does not know`);
  }
}

const valuesOf = (name: string): number =>
  ((contract[`tdc.v1.${name}`] as EnumTypeDefinition).type as { value: readonly unknown[] }).value.length;

/** Messages of a type: any field may be missing, lists have up to a few entries. */
export function messageOf({ type }: { readonly type: object }, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  const { field: fields } = type as { readonly field: readonly Field[] };
  return fc.record(
    Object.fromEntries(
      fields.map((field) => {
        const value = arbitraryOf(field, depth);
        return [
          field.name,
          field.label === 'LABEL_REPEATED' ? fc.array(value, { maxLength: depth === 0 ? 5 : 3 }) : value,
        ];
      }),
    ),
    { requiredKeys: [] },
  );
}
