/** Why a connection fails, in the words of Node and OpenSSL, and in ours. The first that fits counts. */
const failures: readonly (readonly [RegExp, string, string])[] = [
  [
    /certificate that was shown is revoked/,
    'our certificate is revoked',
    'enrol this box again: "tdc enrol create" at the centre, "tdc-agent enrol" here',
  ],
  [
    /certificate that was shown (is refused: it )?has expired/,
    'our certificate has expired',
    'start the agent, which may still renew it; else enrol this box again with "tdc-agent enrol"',
  ],
  [
    /ECONNREFUSED/,
    'nothing listens there',
    'start tdc-server with the collector, or correct the port of collector.address',
  ],
  [
    /ENOTFOUND|EAI_AGAIN|Name resolution failed/,
    'the name is not known',
    'correct collector.address, or the name server of this machine',
  ],
  [/EHOSTUNREACH|ENETUNREACH/, 'there is no way to it', 'connect the network; look at "ip route"'],
  [/ETIMEDOUT/, 'no answer', 'let the firewalls between pass the port'],
  [
    /certificate has expired|CERT_HAS_EXPIRED/,
    'its certificate has expired',
    'renew the certificate of the server; or set the clock of this machine',
  ],
  [
    /certificate is not yet valid|CERT_NOT_YET_VALID/,
    'its certificate is not valid yet',
    'set the clock of this machine',
  ],
  [
    /Hostname\/IP does not match|ERR_TLS_CERT_ALTNAME/,
    'its certificate is for another name',
    'give collector.address as the certificate names it, or renew that with this name',
  ],
  [
    /self[- ]signed certificate|unable to (?:verify|get)|UNABLE_TO|SELF_SIGNED|unknown ca(?! alert)/i,
    'its certificate is not of the authority in tls.ca',
    "put the authority of the server's certificate into the file of tls.ca",
  ],
  [
    /wrong version number|packet length too long|http_request/i,
    'it speaks plain text and not TLS',
    'give the server its certificate, or leave tls.ca out and give allow_plaintext',
  ],
  [
    /certificate required|bad certificate|handshake failure|alert/i,
    'it refuses our certificate, or the want of one',
    'give tls.cert and tls.key of a certificate that the server knows the authority of',
  ],
  [
    /ECONNRESET|socket hang up|Connection dropped|Protocol error|closed before|Failed to connect/i,
    'it ends the connection at once',
    'look whether it speaks TLS (then give tls.ca), and whether it is a tdc-server',
  ],
];

/** What a failed connection to a collector means, and what to do about it; undefined for words that are not known. */
export function collectorFailureOf(details: string): { readonly found: string; readonly advice: string } | undefined {
  const [, found, advice] = failures.find(([pattern]) => pattern.test(details)) ?? [];
  return found === undefined || advice === undefined ? undefined : { found, advice };
}
