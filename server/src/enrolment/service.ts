import type { handleUnaryCall } from '@grpc/grpc-js';
import { type EnrolmentServiceServer, EnrolmentServiceService } from '@tdc/shared/generated/tdc/v1/enrolment.ts';
import { type GrpcService, unary } from '@tdc/shared/grpc-server.ts';
import { acceptedDetectorId } from '../collector/accepted.ts';
import type { EnrolmentContext } from './context.ts';
import { createEnrolment } from './create-enrolment.ts';
import { certificateToWire, enrolmentToWire } from './enrolment-wire.ts';
import { revokeCertificate, revokeDetector } from './revoke.ts';

/** How boxes become detectors, and stop being them. */
export function enrolmentService(context: EnrolmentContext): GrpcService {
  const { clock, refusals } = context;
  const { enrolments } = context.repository;
  /** A method that anybody may call, as often as nothing is refused. */
  const open =
    <Request, Response>(
      handle: (context: EnrolmentContext, request: Request, signal: AbortSignal) => Promise<Response>,
    ): handleUnaryCall<Request, Response> =>
    (call, callback) =>
      unary<Request, Response>((request, signal) =>
        refusals.guard(call.getPeer(), () => handle(context, request, signal)),
      )(call, callback);
  const implementation: EnrolmentServiceServer = {
    createEnrolment: unary((request, signal) => createEnrolment(context, request, signal)),
    listEnrolments: unary(async (_, signal) => {
      const nowMs = clock.nowMs();
      return { enrolments: (await enrolments.enrolments(signal)).map((each) => enrolmentToWire(each, nowMs)) };
    }),
    cancelEnrolment: unary(async ({ detectorId }, signal) => {
      await enrolments.removeEnrolment(acceptedDetectorId('detector_id', detectorId), signal);
      return {};
    }),
    // Loaded when the first box comes: what reads requests takes a while.
    enrol: open(async (...asked) => (await import('./enrol.ts')).enrol(...asked)),
    renew: open(async (...asked) => (await import('./renew.ts')).renew(...asked)),
    listCertificates: unary(async ({ detectorId }, signal) => {
      const only = detectorId === '' ? undefined : acceptedDetectorId('detector_id', detectorId);
      return { certificates: (await enrolments.certificates(signal, only)).map(certificateToWire) };
    }),
    revokeCertificate: unary((request, signal) => revokeCertificate(context, request, signal)),
    revokeDetector: unary((request, signal) => revokeDetector(context, request, signal)),
  };
  return { name: 'tdc.v1.EnrolmentService', definition: EnrolmentServiceService, implementation };
}
