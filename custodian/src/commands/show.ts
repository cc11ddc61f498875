import { type Context, openAdvanced } from '../context.ts';
import { custodianFingerprint } from '../custody.ts';

/** `tdc-custodian show`: everything but the secrets. */
export async function show(context: Context): Promise<void> {
  const { custody } = await openAdvanced(context);
  const { key, boxes, sequence } = custody;
  const lines = [
    ['network', key.network],
    ['time zone', key.timeZone],
    ['custodian', custodianFingerprint(custody)],
    ['key epoch', `${key.epoch}`],
    ['replaced', key.replacement === undefined ? 'no' : `at ${new Date(key.replacement.fromMs).toISOString()}`],
    ['last letter', sequence === 0 ? 'none' : `${sequence}`],
    ...[...boxes].toSorted().map(([detectorId, { fingerprint, publicKey }]) => {
      const remark = publicKey === undefined ? '  no letter yet' : '';
      return [`box ${detectorId}`, `${fingerprint}${remark}`];
    }),
  ];
  const width = Math.max(...lines.map(([name = '']) => name.length));
  context.stdout.write(lines.map(([name = '', value]) => `${name.padEnd(width)}  ${value}\n`).join(''));
}
