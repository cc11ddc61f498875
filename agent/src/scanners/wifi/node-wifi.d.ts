/** What is used of node-wifi, which has no declarations. */
declare module 'node-wifi' {
  /** `iface`: null for all that NetworkManager has. */
  export function init(options: { readonly iface: string | null }): void;
  /** Rejects with the error of the process `nmcli`. */
  export function scan(): Promise<readonly import('./access-point.ts').ListedNetwork[]>;
}
