import { text } from 'node:stream/consumers';
import type { Context } from '../context.ts';
import { createKeyFile, generateKey } from '../key-file.ts';
import { parseKeyText } from '../key-text.ts';

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

/** `tdc-agent key import`: the key of another box, read from standard input, because arguments are seen by everybody. */
export async function importKeyFile({ stdout }: Context, file: string, input: NodeJS.ReadableStream): Promise<void> {
  const key = parseKeyText(await text(input), 'standard input');
  createKeyFile(file, key);
  stdout.write(`imported the key of network "${key.network}", epoch ${key.epoch}, to ${file}\n`);
}
