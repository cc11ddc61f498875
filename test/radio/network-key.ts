import { createHmac } from 'node:crypto';

const network = 'radio test';
const key = Buffer.alloc(32, 0x5a);
/** The key is of a day far off, so that the agent does not replace it before the test looks. */
const epoch = Math.floor(Date.now() / 86_400_000) + 1;

/** The key of the network of these tests, and the pseudonyms that it gives, as docs/agent.md describes them: worked out here, not by the agent. */
export const networkKey = {
  text: JSON.stringify({ network, time_zone: 'UTC', epoch, key: key.toString('base64') }),
  pseudonymOf: (kind: string, address: string): string =>
    createHmac('sha256', key).update(`tdc/tag/v1\0${network}\0${kind}\0${address}`).digest('hex').slice(0, 8),
};
