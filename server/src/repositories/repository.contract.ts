import { afterEach, beforeEach, describe } from 'vitest';
import type { Repository } from '../repository.ts';
import { accessTokenContract } from './access-tokens.contract.ts';
import { alertContract } from './alerts.contract.ts';
import { boxMailContract } from './box-mail.contract.ts';
import { claimContract } from './claims.contract.ts';
import { type ContractSubject, detector, never, type RepositoryUnderTest } from './contract-subject.ts';
import { enrolmentContract } from './enrolments.contract.ts';
import { estimateContract } from './estimates.contract.ts';
import { followContract } from './event-follow.contract.ts';
import { eventContract, removalContract } from './event-store.contract.ts';
import { networkContract, statusContract } from './network-store.contract.ts';
import { routeContract } from './route-store.contract.ts';

/** What every adapter of the port must do. */
export function repositoryContract(adapter: string, open: () => Promise<RepositoryUnderTest>): void {
  describe(`${adapter} as a repository`, () => {
    let subject: RepositoryUnderTest;
    let repository: Repository;
    beforeEach(async () => {
      subject = await open();
      repository = subject.repository;
      for (const id of ['D1', 'D2', 'D3']) await repository.network.putDetector(detector(id), never);
    });
    afterEach(async () => {
      await subject[Symbol.asyncDispose]();
    });
    const contractSubject: ContractSubject = {
      repository: () => repository,
      reopen: async () => {
        repository = await subject.reopen();
      },
      fresh: open,
    };
    eventContract(contractSubject);
    followContract(contractSubject);
    removalContract(contractSubject);
    networkContract(contractSubject);
    routeContract(contractSubject);
    statusContract(contractSubject);
    claimContract(contractSubject);
    estimateContract(contractSubject);
    accessTokenContract(contractSubject);
    enrolmentContract(contractSubject);
    boxMailContract(contractSubject);
    alertContract(contractSubject);
  });
}
