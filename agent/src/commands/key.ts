import { text } from 'node:stream/consumers';
import { parseKeyText } from '@tdc/shared/key-text.ts';
import { generateKey } from '@tdc/shared/new-key.ts';
import { openBoxKey } from '../box-key-file.ts';
import type { Place } from '../config.ts';
import type { Context } from '../context.ts';
import { createKeyFile } from '../key-file.ts';
import { statePaths } from '../state-dir.ts';

/** `tdc-agent key generate`: a new key in a new file. */
export function generateKeyFile({ config, clock, stdout }: Context, file: string, epoch: number | undefined): void {
  const key = generateKey({
    network: config.network.name,
    timeZone: config.network.timeZone,
    ...(epoch === undefined ? {} : { epoch }),
    nowMs: clock.nowMs(),
  });
  createKeyFile(file, key);
  stdout.write(`made a key for network "${key.network}", epoch ${key.epoch}, in ${file}\n`);
}

/** `tdc-agent key request`: the line is for the custodian's program, the fingerprint for people. */
export function requestKey({ stdout, stderr }: Context, { detectorId, stateDir }: Place): void {
  const { publicKey, fingerprint } = openBoxKey(statePaths(stateDir).boxKey);
  const request = { detector_id: detectorId, box_key: Buffer.from(publicKey).toString('base64') };
  stdout.write(`${JSON.stringify(request)}\n`);
  stderr.write(`tdc-agent: box key ${fingerprint}\n`);
}

/** `tdc-agent key import`: the key of another box, read from standard input, because arguments are seen by everybody. */
export async function importKeyFile({ stdout }: Context, file: string, input: NodeJS.ReadableStream): Promise<void> {
  const key = parseKeyText(await text(input), 'standard input');
  createKeyFile(file, key);
  stdout.write(`imported the key of network "${key.network}", epoch ${key.epoch}, to ${file}\n`);
}
