import { type KeyObject, sign, X509Certificate } from 'node:crypto';
import { credentials } from '@grpc/grpc-js';
import { certificateRequestFor, newPrivateKey } from '@tdc/shared/certificate-request.ts';
import { detectorIdOf } from '@tdc/shared/detector-certificate.ts';
import type { EnrolmentToken } from '@tdc/shared/enrolment-token.ts';
import { UnavailableError } from '@tdc/shared/errors.ts';
import { EnrolmentServiceClient } from '@tdc/shared/generated/tdc/v1/enrolment.ts';
import { callUnary } from '@tdc/shared/grpc-client.ts';
import type { Identity } from './identity-file.ts';

const callMsMax = 20_000;

/** The first certificate of this box, for a key of its own. Rejects with a TdcError. */
export async function enrolAt(
  authority: X509Certificate,
  { detectorId, collectorAddress, secret }: EnrolmentToken,
  privateKey: KeyObject,
  signal: AbortSignal,
): Promise<Identity> {
  const request = {
    detectorId,
    secret: Buffer.from(secret),
    certificateRequest: certificateRequestFor(privateKey),
  };
  const { certificate } = await withClient(collectorAddress, authority, (client) =>
    callUnary(client, client.enrol, request, { timeoutMs: callMsMax, signal }),
  );
  return checked(
    { collectorAddress, authority, privateKey, certificate: new X509Certificate(certificate) },
    detectorId,
  );
}

/** The same detector with a new certificate, for a new key. Rejects with a TdcError. */
export async function renewAt(identity: Identity, signal: AbortSignal): Promise<Identity> {
  const privateKey = newPrivateKey();
  const { collectorAddress, authority } = identity;
  const certificateRequest = certificateRequestFor(privateKey);
  const request = {
    certificate: identity.certificate.raw,
    certificateRequest,
    signature: sign('sha256', certificateRequest, identity.privateKey),
  };
  // Over a connection without a certificate: one that has ended would not be taken there.
  const { certificate } = await withClient(collectorAddress, authority, (client) =>
    callUnary(client, client.renew, request, { timeoutMs: callMsMax, signal }),
  );
  const renewed = { collectorAddress, authority, privateKey, certificate: new X509Certificate(certificate) };
  return checked(renewed, detectorIdOf(identity.certificate));
}

async function withClient<T>(
  address: string,
  authority: X509Certificate,
  work: (client: EnrolmentServiceClient) => Promise<T>,
): Promise<T> {
  const channel = credentials.createSsl(Buffer.from(authority.toString()));
  const client = new EnrolmentServiceClient(address, channel, { 'grpc.use_local_subchannel_pool': 1 });
  try {
    return await work(client);
  } finally {
    client.close();
  }
}

/** What is no use is not kept. */
function checked(identity: Identity, detectorId: string | undefined): Identity {
  const { certificate, authority, privateKey } = identity;
  const isOurs = certificate.checkPrivateKey(privateKey) && certificate.verify(authority.publicKey);
  if (isOurs && detectorIdOf(certificate) === detectorId) return identity;
  throw new UnavailableError('the server answered with a certificate that is not of this box');
}
