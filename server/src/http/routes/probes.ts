import { UnavailableError } from '@tdc/shared/errors.ts';
import { z } from 'zod';
import type { HttpApp } from '../app.ts';
import { problemResponses } from './reading.ts';

const checkPath = '/grpc.health.v1.Health/Check';
const state = z.object({ status: z.string() });

/** For those who watch over the process: whether it lives, and whether it can serve. */
export function addProbes(app: HttpApp, { isServing }: { readonly isServing: () => boolean }): void {
  const probe = (operationId: string, summary: string) => ({
    config: { right: checkPath },
    schema: { operationId, summary, tags: ['server'], security: [], response: { 200: state, ...problemResponses } },
  });
  app.get('/healthz', probe('healthz', 'Whether the process answers, whatever its repository does'), async () => ({
    status: 'alive',
  }));
  app.get('/readyz', probe('readyz', 'Whether the repository answers, so that this server serves'), async () => {
    if (!isServing()) throw new UnavailableError('the repository does not answer');
    return { status: 'serving' };
  });
}
