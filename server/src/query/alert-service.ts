import {
  type AlertServiceServer,
  AlertServiceService,
  type ListAlertsRequest,
  type ListAlertsResponse,
  AlertState as WireState,
} from '@tdc/shared/generated/tdc/v1/alert.ts';
import { type GrpcService, unary } from '@tdc/shared/grpc-server.ts';
import { nsFromMs } from '@tdc/shared/wire.ts';
import { principalOf } from '../access/principal.ts';
import { alertStates } from '../alerts/alert.ts';
import { type AlertContext, acknowledgeAlert } from './acknowledge-alert.ts';
import { alertToWire, stateToWire } from './alert-wire.ts';
import { alertsPage } from './alerts-page.ts';
import { invalid } from './filter.ts';
import { parsePageSize } from './list-fields.ts';

/** Alerts of the network. */
export function alertService(context: AlertContext): GrpcService {
  const implementation: AlertServiceServer = {
    listAlerts: unary((request, signal) => listAlerts(context, request, signal)),
    acknowledgeAlert: unary(async (request, signal, metadata) => ({
      alert: alertToWire(await acknowledgeAlert(context, principalOf(metadata), request, signal)),
    })),
  };
  return { name: 'tdc.v1.AlertService', definition: AlertServiceService, implementation };
}

async function listAlerts(
  { repository }: AlertContext,
  { state, subject, pageSize, pageToken }: ListAlertsRequest,
  signal: AbortSignal,
): Promise<ListAlertsResponse> {
  const query = { state: stateOf(state), subject, pageSize: parsePageSize(pageSize), pageToken };
  const page = await alertsPage(repository, query, signal);
  return {
    alerts: page.alerts.map(alertToWire),
    nextPageToken: page.nextPageToken,
    staleSinceNs: nsFromMs(repository.staleSinceMs() ?? 0),
  };
}

function stateOf(wire: WireState) {
  if (wire === WireState.ALERT_STATE_UNSPECIFIED) return undefined;
  const state = alertStates.find((name) => stateToWire[name] === wire);
  if (state === undefined) throw invalid('state', `${wire}: expected a state from 0 to 3`);
  return state;
}
