import { type ServiceError, status } from '@grpc/grpc-js';
import { AccessServiceService } from '@tdc/shared/generated/tdc/v1/access.ts';
import { AlertServiceService } from '@tdc/shared/generated/tdc/v1/alert.ts';
import { BoxMailServiceService } from '@tdc/shared/generated/tdc/v1/box_mail.ts';
import { CollectorServiceService } from '@tdc/shared/generated/tdc/v1/collector.ts';
import { HistoryServiceService } from '@tdc/shared/generated/tdc/v1/history.ts';
import { QueryServiceService } from '@tdc/shared/generated/tdc/v1/query.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SecuredClient, type SecuredServer, startSecuredServer } from './secured-server.ts';

type Who = 'nobody' | 'D1' | 'viewer' | 'operator' | 'admin';

let server: SecuredServer;
let clients: Readonly<Record<Who, SecuredClient>>;

async function start(): Promise<void> {
  server = await startSecuredServer();
  clients = {
    nobody: server.client(),
    D1: server.client({ certificate: server.detector('D1') }),
    viewer: server.client({ token: await server.token('viewer') }),
    operator: server.client({ token: await server.token('operator') }),
    admin: server.client({ token: await server.token('admin') }),
  };
}

/** How a method answers an empty request. */
function codeOf(path: string, port: 'collector' | 'query', who: Who): Promise<status> {
  const { promise, resolve } = Promise.withResolvers<status>();
  const same = (bytes: Buffer) => bytes;
  const call = clients[who][port].makeBidiStreamRequest(path, same, same);
  call.on('data', () => call.cancel());
  call.on('error', ({ code }: ServiceError) => resolve(code));
  call.on('status', ({ code }) => resolve(code));
  call.write(Buffer.alloc(0));
  call.end();
  return promise;
}

/** A server for each port: one bears thirty calls at once of somebody who is nobody. */
describe.each(['collector', 'query'] as const)('every method of the port of the %s', (servedPort) => {
  beforeAll(start);
  afterAll(() => server[Symbol.asyncDispose]());

  const boxes = ['streamEvents', 'recordEvents', 'reportStatus', 'putBoxKey', 'fetchLetters', 'acknowledgeLetter'];
  const operators = [
    'putDetector',
    'deleteDetector',
    'putLink',
    'deleteLink',
    'putRoute',
    'deleteRoute',
    'listBoxes',
    'putLetter',
    'acknowledgeAlert',
  ];
  const services = [
    [CollectorServiceService, 'collector'],
    [AccessServiceService, 'collector'],
    [BoxMailServiceService, 'collector'],
    [QueryServiceService, 'query'],
    [HistoryServiceService, 'query'],
    [AlertServiceService, 'query'],
  ] as const;
  const methods = services.flatMap(([service, port]) =>
    port === servedPort ? Object.entries(service).map(([name, { path }]) => ({ name, path: String(path), port })) : [],
  );
  const reads = (name: string) => name in QueryServiceService || name in HistoryServiceService || name === 'listAlerts';
  const mayCall = {
    D1: (name: string) => boxes.includes(name),
    viewer: reads,
    operator: (name: string) => reads(name) || operators.includes(name),
    admin: (name: string) => !boxes.includes(name),
  } as const;

  test.each(methods)('$name is for those alone who may call it', async ({ name, path, port }) => {
    expect(await codeOf(path, port, 'nobody')).toBe(status.UNAUTHENTICATED);
    for (const [who, may] of Object.entries(mayCall) as [keyof typeof mayCall, (name: string) => boolean][]) {
      const code = await codeOf(path, port, who);
      const told = `${name} by ${who}: ${status[code]}`;
      expect(code, told).not.toBe(status.UNAUTHENTICATED);
      if (may(name)) expect(code, told).not.toBe(status.PERMISSION_DENIED);
      else expect(code, told).toBe(status.PERMISSION_DENIED);
    }
  });

  test('health is open to everybody, and reflection to who is known', async () => {
    const reflection = '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo';
    expect(await codeOf('/grpc.health.v1.Health/Check', servedPort, 'nobody')).toBe(status.CANCELLED);
    expect(await codeOf(reflection, servedPort, 'nobody')).toBe(status.UNAUTHENTICATED);
    expect(await codeOf(reflection, servedPort, 'D1')).not.toBe(status.UNAUTHENTICATED);
    expect(await codeOf(reflection, servedPort, 'viewer')).not.toBe(status.UNAUTHENTICATED);
  });
});
