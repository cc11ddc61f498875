import { z } from 'zod';
import { time } from './fields.ts';

const count = z.number().describe('A count since the agent keeps its outbox.');
const bytes = z.number().describe('Bytes.');
const truth = z.boolean().nullable().describe('Null where the machine does not tell.');

const machine = z.object({
  uptime_seconds: z.number(),
  boot_id: z.string().describe('Identity of this boot.'),
  memory_bytes: bytes,
  memory_bytes_available: bytes,
  processor_celsius: z.number().nullable(),
  power: z
    .object({
      under_voltage: truth,
      under_voltage_since_boot: truth,
      throttled: truth,
      throttled_since_boot: truth,
    })
    .nullable(),
  battery: z.object({ volts: z.number().nullable(), low_volts: z.number(), error: z.string() }).nullable(),
  disk: z
    .object({
      bytes,
      bytes_free: bytes,
      bytes_written: z.number().nullable(),
      life_used_percent: z.number().nullable(),
    })
    .nullable(),
});

const configuration = z.object({
  author_fingerprint: z.string(),
  sequence: z.number().nullable(),
  state: z.string().nullable(),
  refused: z
    .object({ sequence: z.number().nullable(), refusal: z.string(), reason: z.string(), at: time.nullable() })
    .nullable(),
});

/** As statusJson of @tdc/shared writes it. */
export const agentStatus = z
  .object({
    detector_id: z.string(),
    version: z.string(),
    started_at: time.nullable(),
    taken_at: time.nullable().describe("When it was taken, by the box's clock."),
    clock: z.string(),
    clock_step: z.object({ step_seconds: z.number(), at: time.nullable() }).nullable(),
    connection: z.string(),
    last_acknowledged_at: time.nullable(),
    events: z
      .object({
        made: count,
        acknowledged: count,
        in_outbox: count,
        uncommitted: count,
        waiting_for_clock: count,
        dropped: z.record(z.string(), z.number()).describe('By reason.'),
      })
      .describe('made = acknowledged + in_outbox + dropped.'),
    outbox_bytes: bytes,
    outbox_bytes_max: bytes,
    scanners: z.array(
      z.object({
        name: z.string(),
        state: z.string(),
        sightings: z.number(),
        malformed: z.number(),
        last_sighting_at: time.nullable(),
        last_error: z.string(),
      }),
    ),
    last_error: z.string(),
    last_error_at: time.nullable(),
    key_state: z.string(),
    key_epoch: z.number(),
    box_key_fingerprint: z.string().nullable(),
    custodian_fingerprint: z.string().nullable(),
    open_passages: z.number(),
    resident_memory_bytes: bytes,
    configuration: configuration.nullable(),
    machine: machine.nullable(),
  })
  .meta({ id: 'AgentStatus', description: 'What an agent says of itself.' });
