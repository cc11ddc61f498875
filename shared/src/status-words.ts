/** An agent's status in words: the contract's enums without their prefixes, in lower case. */
import {
  type AgentStatus,
  clockStateToJSON,
  configurationRefusalToJSON,
  connectionStateToJSON,
  keyStateToJSON,
  type RefusedConfiguration,
  type RemoteConfiguration,
  remoteConfigurationStateToJSON,
  type ScannerStatus,
  scannerStateToJSON,
} from './generated/tdc/v1/status.ts';

const wordOf = (name: string, prefix: string): string => name.slice(prefix.length).toLowerCase();

export const clockWord = ({ clock }: AgentStatus): string => wordOf(clockStateToJSON(clock), 'CLOCK_STATE_');
export const connectionWord = ({ connection }: AgentStatus): string =>
  wordOf(connectionStateToJSON(connection), 'CONNECTION_STATE_');
export const keyWord = ({ keyState }: AgentStatus): string => wordOf(keyStateToJSON(keyState), 'KEY_STATE_');
export const scannerWord = ({ state }: ScannerStatus): string => wordOf(scannerStateToJSON(state), 'SCANNER_STATE_');
export const configurationWord = ({ state }: RemoteConfiguration): string =>
  wordOf(remoteConfigurationStateToJSON(state), 'REMOTE_CONFIGURATION_STATE_');
export const refusalWord = ({ refusal }: RefusedConfiguration): string =>
  wordOf(configurationRefusalToJSON(refusal), 'CONFIGURATION_REFUSAL_');
