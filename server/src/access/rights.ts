/** The one table of who may call what. */
import { AccessError, type TdcError, UnauthenticatedError, unreachable } from '@tdc/shared/errors.ts';
import { AccessServiceService } from '@tdc/shared/generated/tdc/v1/access.ts';
import { AlertServiceService } from '@tdc/shared/generated/tdc/v1/alert.ts';
import { BoxMailServiceService } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { CollectorServiceService } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { EnrolmentServiceService } from '@tdc/shared/generated/tdc/v1/enrolment.ts';
import { HistoryServiceService } from '@tdc/shared/generated/tdc/v1/history.ts';
import { QueryServiceService } from '@tdc/shared/generated/tdc/v1/query.ts';
import { type Principal, principalText, type Role, roles } from './principal.ts';

/** What a method asks of its caller. Methods, so that one table holds those of all requests. */
export type Need<Request = unknown> =
  | {
      readonly who: 'anyone';
      /** As of an operator's write. */
      subject?(request: Request): string;
    }
  /** A detector or an operator. */
  | { readonly who: 'known' }
  | {
      readonly who: 'detector';
      /** Events of a request, which the rate of events counts. */
      events?(request: Request): number;
    }
  | {
      readonly who: 'operator';
      readonly role: Role;
      /** Of a write: what it is about, for the audit. */
      subject?(request: Request): string;
    };

type RequestOf<Method> = Method extends { requestDeserialize: (bytes: Buffer) => infer Request } ? Request : never;

/** The compiler asks for every method of a service. */
type Rights<Definition> = { readonly [Method in keyof Definition]: Need<RequestOf<Definition[Method]>> };

const reads: Need = { who: 'operator', role: 'viewer' };

/** A batch with more is no batch: see accept-events.ts, which says so. */
const countOf = ({ events }: { readonly events: readonly unknown[] }): number => Math.min(events.length, 1000);

const collector: Rights<typeof CollectorServiceService> = {
  streamEvents: { who: 'detector', events: countOf },
  recordEvents: { who: 'detector', events: countOf },
  reportStatus: { who: 'detector' },
  putDetector: { who: 'operator', role: 'operator', subject: ({ detector }) => `detector ${detector?.id ?? ''}` },
  deleteDetector: { who: 'operator', role: 'operator', subject: ({ detectorId }) => `detector ${detectorId}` },
  putLink: {
    who: 'operator',
    role: 'operator',
    subject: ({ link }) => `link ${link?.fromDetectorId ?? ''} to ${link?.toDetectorId ?? ''}`,
  },
  deleteLink: {
    who: 'operator',
    role: 'operator',
    subject: ({ fromDetectorId, toDetectorId }) => `link ${fromDetectorId} to ${toDetectorId}`,
  },
  putRoute: { who: 'operator', role: 'operator', subject: ({ route }) => `route ${route?.id ?? ''}` },
  deleteRoute: { who: 'operator', role: 'operator', subject: ({ routeId }) => `route ${routeId}` },
};

const query: Rights<typeof QueryServiceService> = {
  listEvents: reads,
  watchEvents: reads,
  listDetectors: reads,
  listLinks: reads,
  listEstimates: reads,
  watchEstimates: reads,
  listMatches: reads,
  getRoute: reads,
  listRoutes: reads,
};

const history: Rights<typeof HistoryServiceService> = {
  getUsual: reads,
  getStatistics: reads,
  comparePeriods: reads,
};

const alert: Rights<typeof AlertServiceService> = {
  listAlerts: reads,
  acknowledgeAlert: { who: 'operator', role: 'operator', subject: ({ id }) => `alert ${id}` },
};

const enrolment: Rights<typeof EnrolmentServiceService> = {
  createEnrolment: { who: 'operator', role: 'admin', subject: ({ detectorId }) => `detector ${detectorId}` },
  listEnrolments: { who: 'operator', role: 'operator' },
  cancelEnrolment: { who: 'operator', role: 'admin', subject: ({ detectorId }) => `detector ${detectorId}` },
  // By the secret of a token, and by the key of a certificate, which may have ended.
  enrol: { who: 'anyone', subject: ({ detectorId }) => `detector ${detectorId}` },
  renew: { who: 'anyone' },
  listCertificates: { who: 'operator', role: 'operator' },
  revokeCertificate: { who: 'operator', role: 'admin', subject: ({ serial }) => `certificate ${serial}` },
  revokeDetector: { who: 'operator', role: 'admin', subject: ({ detectorId }) => `detector ${detectorId}` },
};

const access: Rights<typeof AccessServiceService> = {
  createToken: { who: 'operator', role: 'admin', subject: ({ name }) => `token of ${name}` },
  listTokens: { who: 'operator', role: 'admin' },
  revokeToken: { who: 'operator', role: 'admin', subject: ({ id }) => `token ${id}` },
};

const boxMail: Rights<typeof BoxMailServiceService> = {
  putBoxKey: { who: 'detector' },
  fetchLetters: { who: 'detector' },
  acknowledgeLetter: { who: 'detector' },
  listBoxes: { who: 'operator', role: 'operator' },
  putLetter: {
    who: 'operator',
    role: 'operator',
    subject: ({ letter }) => `letter ${letter?.sequence ?? 0} for detector ${letter?.detectorId ?? ''}`,
  },
};

/**
 * What is served over HTTP alone: what is the same for everybody, such as the document of the API, who is signed in, and the metrics. The rest of HTTP asks for the
 * right to the method that it stands for.
 */
export const httpRights = { open: '/http/Open', session: '/http/Session', metrics: '/http/Metrics' } as const;

/** By the path of the method. Health is for probes, which are nobody; the contract is public, but not a way to load the server. */
const table: ReadonlyMap<string, Need> = new Map([
  ...pathsOf(CollectorServiceService, collector),
  ...pathsOf(QueryServiceService, query),
  ...pathsOf(HistoryServiceService, history),
  ...pathsOf(AlertServiceService, alert),
  ...pathsOf(AccessServiceService, access),
  ...pathsOf(EnrolmentServiceService, enrolment),
  ...pathsOf(BoxMailServiceService, boxMail),
  ['/grpc.health.v1.Health/Check', { who: 'anyone' }],
  ['/grpc.health.v1.Health/List', { who: 'anyone' }],
  ['/grpc.health.v1.Health/Watch', { who: 'anyone' }],
  ['/grpc.reflection.v1.ServerReflection/ServerReflectionInfo', { who: 'known' }],
  ['/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo', { who: 'known' }],
  [httpRights.open, { who: 'anyone' }],
  [httpRights.session, { who: 'anyone' }],
  [httpRights.metrics, reads],
]);

function pathsOf<Definition extends Readonly<Record<keyof Definition, { readonly path: string }>>>(
  definition: Definition,
  rights: { readonly [Method in keyof Definition]: Need },
): readonly (readonly [string, Need])[] {
  const names = Object.keys(definition).filter((name): name is Extract<keyof Definition, string> => name in rights);
  return names.map((name) => [definition[name].path, rights[name]]);
}

/** What a method asks for; undefined for one that the table does not know, which only `local` may call. */
export const needOf = (path: string): Need | undefined => table.get(path);

/** Why the principal may not call the method; undefined when it may. */
export function refusalOf(path: string, principal: Principal): TdcError | undefined {
  const need = needOf(path);
  if (principal.type === 'local' || need?.who === 'anyone') return undefined;
  if (need === undefined) return new AccessError(`${methodText(path)} is for nobody`);
  if (principal.type === 'nobody') {
    return new UnauthenticatedError(`${methodText(path)} is not for everybody: expected ${expectedText(need)}`);
  }
  if (isEnough(need, principal)) return undefined;
  return new AccessError(
    `${principalText(principal)} may not call ${methodText(path)}: expected ${expectedText(need)}`,
  );
}

function isEnough(need: Need, principal: Exclude<Principal, { type: 'local' | 'nobody' }>): boolean {
  if (need.who !== 'operator') return need.who !== 'detector' || principal.type === 'detector';
  return principal.type === 'operator' && roles.indexOf(principal.role) >= roles.indexOf(need.role);
}

function expectedText(need: Need): string {
  switch (need.who) {
    case 'anyone':
      return 'anybody';
    case 'known':
      return "a detector's certificate, or an operator's token";
    case 'detector':
      return "a detector's certificate";
    case 'operator':
      return `the token of ${need.role === 'admin' ? 'an admin' : `${need.role === 'viewer' ? 'a viewer' : 'an operator'}, or more`}`;
    default:
      return unreachable(need);
  }
}

export const methodText = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
