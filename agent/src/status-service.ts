import { chmodSync, rmSync } from 'node:fs';
import { credentials, Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import { UnavailableError } from '@tdc/shared/errors.ts';
import {
  AgentServiceClient,
  type AgentServiceServer,
  AgentServiceService,
} from '@tdc/shared/generated/tdc/v1/agent.ts';
import type { AgentStatus } from '@tdc/shared/generated/tdc/v1/status.ts';

const askTimeoutMs = 5000;

/** Answers the state of a running agent on a socket in its state folder, to its owner alone. */
export class StatusService implements AsyncDisposable {
  readonly #server = new Server();
  readonly #socket: string;

  constructor(socket: string, status: () => AgentStatus) {
    this.#socket = socket;
    const service: AgentServiceServer = { getStatus: (_, answer) => answer(null, { status: status() }) };
    this.#server.addService(AgentServiceService, service);
  }

  /** Listens. The caller holds the state folder, so a socket that is there belongs to nobody. */
  async start(): Promise<void> {
    try {
      rmSync(this.#socket, { force: true });
      await new Promise<void>((resolve, reject) =>
        this.#server.bindAsync(`unix:${this.#socket}`, ServerCredentials.createInsecure(), (error) =>
          error === null ? resolve() : reject(error),
        ),
      );
      chmodSync(this.#socket, 0o600);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new UnavailableError(`cannot answer status on ${this.#socket}: ${why}`, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
    rmSync(this.#socket, { force: true });
  }
}

/** Asks a running agent for its state. Throws UnavailableError when none answers. */
export async function askStatus(socket: string): Promise<AgentStatus> {
  const client = new AgentServiceClient(`unix:${socket}`, credentials.createInsecure());
  try {
    return await new Promise<AgentStatus>((resolve, reject) =>
      client.getStatus({}, new Metadata(), { deadline: Date.now() + askTimeoutMs }, (error, response) => {
        if (error !== null) reject(new UnavailableError(`no agent answers on ${socket}`, { cause: error }));
        else if (response.status === undefined) reject(new UnavailableError(`the agent on ${socket} told no status`));
        else resolve(response.status);
      }),
    );
  } finally {
    client.close();
  }
}
