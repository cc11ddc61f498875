import { Client, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { InvalidInputError } from '@tdc/shared/errors.ts';
import { clientCredentials } from '@tdc/shared/grpc-client.ts';
import { service as healthService } from 'grpc-health-check';
import { z } from 'zod';
import { collectorFailureOf } from '../collector-failure.ts';
import type { AgentConfig } from '../config.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const check = 'collector';
const askMsMax = 5000;
const collectorService = 'tdc.v1.CollectorService';

/** Whether the collector can be reached as it is configured, and says that it takes events. */
export async function checkCollector(
  config: Pick<AgentConfig, 'collectorAddress' | 'tls'>,
): Promise<readonly Finding[]> {
  const { collectorAddress, tls } = config;
  const how = `${collectorAddress} ${tls === undefined ? 'in plain text' : 'over TLS'}`;
  try {
    const answer = await askHealth(config);
    if (answer === 'SERVING') return [ok(check, `${how} takes events`)];
    const advice = 'look at the log of tdc-server; the agent keeps its events meanwhile';
    return [warning(check, `${how} answers, and takes no events now (${answer})`, advice)];
  } catch (error) {
    if (error instanceof InvalidInputError)
      return [problem(check, error.message, 'correct the file, or the option that names it')];
    if (!isServiceError(error)) throw error;
    return [failureFinding(how, error)];
  }
}

function failureFinding(how: string, { code, details }: ServiceError): Finding {
  if (code === status.UNIMPLEMENTED || code === status.NOT_FOUND) {
    return problem(
      check,
      `${how} answers, and is no collector`,
      'give the port of the collector in collector.address, 9000 by default',
    );
  }
  const known = collectorFailureOf(details);
  if (known !== undefined) return problem(check, `${how}: ${known.found}`, known.advice);
  if (code === status.DEADLINE_EXCEEDED) {
    return problem(
      check,
      `${how}: no answer within ${askMsMax / 1000} s`,
      'let the firewalls between pass the port; connect the network',
    );
  }
  return problem(check, `${how}: ${status[code] ?? code}: ${details}`, 'look at the log of tdc-server');
}

const answerSchema = z.object({ status: z.string() });

/** Standard health of the collector. Rejects with a ServiceError; throws InvalidInputError when a TLS file cannot be used. */
async function askHealth({ collectorAddress, tls }: Pick<AgentConfig, 'collectorAddress' | 'tls'>): Promise<string> {
  const { Check: method } = healthService;
  if (method === undefined) throw new Error('grpc-health-check has no method Check');
  const { path, requestSerialize, responseDeserialize } = method;
  const client = new Client(collectorAddress, clientCredentials(tls), { 'grpc.use_local_subchannel_pool': 1 });
  try {
    return await new Promise((resolve, reject) => {
      const request = { service: collectorService };
      const options = { deadline: Date.now() + askMsMax };
      const settle = (error: ServiceError | null, answer?: unknown) =>
        error === null ? resolve(answerSchema.parse(answer).status) : reject(error);
      client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, new Metadata(), options, settle);
    });
  } finally {
    client.close();
  }
}

const isServiceError = (error: unknown): error is ServiceError =>
  error instanceof Error && 'code' in error && 'details' in error;
