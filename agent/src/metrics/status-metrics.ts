import {
  type AgentStatus,
  ClockState,
  ConnectionState,
  KeyState,
  type MachineStatus,
  RemoteConfigurationState,
  ScannerState,
} from '@tdc/shared/generated/tdc/v1/status.ts';
import { Counter, Gauge, Registry } from 'prom-client';
import { dropReasons } from '../outbox.ts';

/** One time series: its labels, and its value. */
type Sample<Label extends string> = readonly [Readonly<Record<Label, string>>, number | bigint];

/**
 * What Prometheus is told of an agent: its status, as numbers in base units. No label is of a device. What the machine does not tell is left out,
 * and so is everything in the text of an error.
 */
export function statusMetrics(status: AgentStatus): Registry {
  const metrics = new StatusMetrics();
  metrics.gauge('tdc_agent_info', 'Which detector the agent works for, and its version.', [
    [{ detector: status.detectorId, version: status.version }, 1],
  ]);
  metrics.one(
    'tdc_agent_start_time_seconds',
    'When the agent was started, Unix seconds.',
    secondsOf(status.startedAtNs),
  );
  addEvents(metrics, status);
  addScanners(metrics, status);
  addStates(metrics, status);
  if (status.machine !== undefined) addMachine(metrics, status.machine);
  return metrics.registry;
}

class StatusMetrics {
  readonly registry = new Registry();

  gauge<Label extends string>(name: string, help: string, samples: readonly Sample<Label>[]): void {
    const labelNames = namesOf(samples);
    const gauge = new Gauge({ name, help, labelNames, registers: [this.registry] });
    for (const [labels, value] of samples) gauge.set(labels, Number(value));
  }

  counter<Label extends string>(name: string, help: string, samples: readonly Sample<Label>[]): void {
    const labelNames = namesOf(samples);
    const counter = new Counter({ name, help, labelNames, registers: [this.registry] });
    for (const [labels, value] of samples) counter.inc(labels, Number(value));
  }

  /** A gauge without labels; what is unknown is left out. */
  one(name: string, help: string, value: number | bigint | undefined): void {
    if (value !== undefined) this.gauge(name, help, [[{}, value]]);
  }
}

function namesOf<Label extends string>(samples: readonly Sample<Label>[]): Label[] {
  return Object.keys(samples[0]?.[0] ?? {}) as Label[];
}

function addEvents(metrics: StatusMetrics, { events, outboxBytes, outboxBytesMax }: AgentStatus): void {
  if (events === undefined) return;
  const { made, acknowledged, inOutbox, uncommitted, waitingForClock, dropped } = events;
  metrics.counter('tdc_agent_events_made_total', 'Events made since the first day of the box.', [[{}, made]]);
  metrics.counter('tdc_agent_events_acknowledged_total', 'Events that the collector has acknowledged.', [
    [{}, acknowledged],
  ]);
  metrics.counter(
    'tdc_agent_events_dropped_total',
    'Events given up, by reason.',
    // All reasons from the beginning on: Prometheus sees no increase in what was not there before.
    dropReasons.map((reason) => [{ reason }, dropped.find((each) => each.reason === reason)?.count ?? 0]),
  );
  metrics.one('tdc_agent_outbox_events', 'Events that wait to be acknowledged.', inOutbox);
  metrics.one('tdc_agent_outbox_uncommitted_events', 'Of them, those that are not on disk yet.', uncommitted);
  metrics.one('tdc_agent_outbox_undated_events', 'Of them, those that wait for the clock.', waitingForClock);
  metrics.one('tdc_agent_outbox_bytes', 'What the outbox takes on disk.', outboxBytes);
  metrics.one('tdc_agent_outbox_bytes_max', 'What it may take.', outboxBytesMax);
}

function addScanners(metrics: StatusMetrics, { scanners, openPassages }: AgentStatus): void {
  metrics.gauge(
    'tdc_agent_scanner_up',
    '1 while the scanner runs.',
    scanners.map(({ name, state }) => [{ scanner: name }, state === ScannerState.SCANNER_STATE_RUNNING ? 1 : 0]),
  );
  metrics.counter(
    'tdc_agent_scanner_sightings_total',
    'Sightings since the agent was started.',
    scanners.map(({ name, sightings }) => [{ scanner: name }, sightings]),
  );
  metrics.counter(
    'tdc_agent_scanner_malformed_total',
    'Frames and lines that could not be read since the agent was started.',
    scanners.map(({ name, malformed }) => [{ scanner: name }, malformed]),
  );
  metrics.gauge(
    'tdc_agent_scanner_last_sighting_timestamp_seconds',
    'When it last heard something, Unix seconds.',
    scanners
      .filter(({ lastSightingNs }) => lastSightingNs > 0n)
      .map(({ name, lastSightingNs }) => [{ scanner: name }, secondsOf(lastSightingNs)]),
  );
  metrics.one('tdc_agent_open_passages', 'Devices that are heard now.', openPassages);
}

function addStates(metrics: StatusMetrics, status: AgentStatus): void {
  metrics.one(
    'tdc_agent_collector_connected',
    '1 while the collector answers.',
    status.connection === ConnectionState.CONNECTION_STATE_CONNECTED ? 1 : 0,
  );
  metrics.one(
    'tdc_agent_last_acknowledgement_timestamp_seconds',
    'When the collector last acknowledged events, Unix seconds.',
    status.lastAcknowledgedNs > 0n ? secondsOf(status.lastAcknowledgedNs) : undefined,
  );
  metrics.one(
    'tdc_agent_clock_synchronised',
    '1 while the system, or an operator, vouches for the clock.',
    status.clock === ClockState.CLOCK_STATE_UNSYNCHRONISED ? 0 : 1,
  );
  metrics.one(
    'tdc_agent_key_ready',
    '1 with the key of the network, without which nothing is heard.',
    keyReady(status),
  );
  const { configuration } = status;
  if (!configuration?.authorFingerprint) return;
  metrics.one('tdc_agent_configuration_sequence', 'Configuration by letter in force; 0: none.', configuration.sequence);
  metrics.one(
    'tdc_agent_configuration_on_probation',
    '1 while it has not proved itself.',
    configuration.state === RemoteConfigurationState.REMOTE_CONFIGURATION_STATE_PROBATION ? 1 : 0,
  );
}

function keyReady({ keyState }: AgentStatus): number | undefined {
  if (keyState === KeyState.KEY_STATE_UNSPECIFIED) return undefined;
  return keyState === KeyState.KEY_STATE_READY ? 1 : 0;
}

/** What a node exporter does not tell, and what the agent's work hangs on. */
function addMachine(
  metrics: StatusMetrics,
  { processorCelsius, power, battery, disk, uptimeSeconds }: MachineStatus,
): void {
  metrics.one('tdc_machine_uptime_seconds', 'Since the machine booted.', uptimeSeconds);
  metrics.one('tdc_machine_processor_celsius', 'Temperature of the hottest processor.', processorCelsius);
  metrics.one('tdc_machine_under_voltage', '1 while the supply is too low.', bit(power?.underVoltage));
  metrics.one(
    'tdc_machine_under_voltage_since_boot',
    '1 where it has been too low since the boot.',
    bit(power?.underVoltageSinceBoot),
  );
  metrics.one('tdc_machine_throttled', '1 while the processor is slowed down.', bit(power?.throttled));
  metrics.one('tdc_machine_battery_volts', 'Voltage of battery or supply.', battery?.volts);
  metrics.one('tdc_machine_battery_low_volts', 'Voltage below which it is low.', battery?.lowVolts);
  metrics.one('tdc_machine_disk_bytes', "Size of the outbox's file system.", disk?.bytes);
  metrics.one('tdc_machine_disk_free_bytes', 'What the agent can still have of it.', disk?.bytesFree);
  const lifeUsed = disk?.lifeUsedPercent;
  metrics.one('tdc_machine_disk_life_used_ratio', 'Part of its life that is used up.', lifeUsed && lifeUsed / 100);
}

const bit = (value: boolean | undefined): number | undefined => (value === undefined ? undefined : Number(value));
const secondsOf = (ns: bigint): number => Number(ns / 1_000_000n) / 1000;
