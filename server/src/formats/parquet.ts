import { ByteWriter, type ColumnSource, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import packageJson from '../../package.json' with { type: 'json' };
import type { EstimateRecord } from '../records/estimate-record.ts';

/** What memory holds, and what nobody else is served during: the rows of one group. */
const groupRows = 5000;

interface Column {
  readonly schema: SchemaElement & { readonly name: keyof EstimateRecord };
  readonly encoding?: ColumnSource['encoding'];
  readonly value?: (record: EstimateRecord) => unknown;
}

const text = (name: keyof EstimateRecord): Column => ({
  schema: {
    name,
    type: 'BYTE_ARRAY',
    repetition_type: 'REQUIRED',
    logical_type: { type: 'STRING' },
    converted_type: 'UTF8',
  },
});
const whole = (name: keyof EstimateRecord): Column => ({
  schema: { name, type: 'INT32', repetition_type: 'REQUIRED' },
});
/** Null where there is no value. */
const double = (name: keyof EstimateRecord): Column => ({
  schema: { name, type: 'DOUBLE', repetition_type: 'OPTIONAL' },
});

const columns: readonly Column[] = [
  text('from_detector_id'),
  text('to_detector_id'),
  {
    schema: {
      ...{ name: 'time', type: 'INT64', repetition_type: 'REQUIRED', converted_type: 'TIMESTAMP_MILLIS' },
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
    },
    encoding: 'DELTA_BINARY_PACKED',
    value: ({ time }) => new Date(time),
  },
  whole('revision'),
  text('status'),
  ...(['mean_seconds', 'lower_seconds', 'upper_seconds', 'fast_seconds', 'slow_seconds'] as const).map(double),
  ...(['departure_seconds', 'free_flow_seconds', 'delay_seconds'] as const).map(double),
  whole('samples'),
  ...(['age_seconds', 'clock_offset_seconds'] as const).map(double),
];

/** Estimates as a Parquet file, row group after row group; an empty piece for a page that is kept for the next group. */
export async function* parquetOf(pages: AsyncIterable<readonly EstimateRecord[]>): AsyncGenerator<Uint8Array> {
  const writer = new ByteWriter();
  const schema = [{ name: 'estimates', num_children: columns.length }, ...columns.map((column) => column.schema)];
  const parquet = new ParquetWriter({ writer, schema, createdBy: `tdc version ${packageJson.version}` });
  let rows: EstimateRecord[] = [];
  for await (const page of pages) {
    rows.push(...page);
    if (rows.length >= groupRows) {
      await writeGroup(parquet, rows);
      rows = [];
    }
    yield taken(writer);
  }
  if (rows.length > 0) await writeGroup(parquet, rows);
  await parquet.finish();
  yield taken(writer);
}

async function writeGroup(parquet: ParquetWriter, rows: readonly EstimateRecord[]): Promise<void> {
  const columnData = columns.map(({ schema: { name }, encoding, value }) => ({
    name,
    data: rows.map((row) => (value === undefined ? row[name] : value(row))),
    ...(encoding === undefined ? {} : { encoding }),
  }));
  await parquet.write({ columnData, rowGroupSize: rows.length });
}

/** What was written since; the writer goes on at its place in the file. */
function taken(writer: ByteWriter): Uint8Array {
  const bytes = new Uint8Array(writer.getBuffer());
  writer.index = 0;
  return bytes;
}
