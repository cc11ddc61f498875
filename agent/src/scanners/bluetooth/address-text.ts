/** `aa:bb:cc:dd:ee:ff` of the first six octets, which the radio sends with the last first. */
export function addressText(bytes: Buffer): string {
  return Buffer.from(bytes.subarray(0, 6))
    .reverse()
    .toString('hex')
    .replaceAll(/(..)(?!$)/g, '$1:');
}
