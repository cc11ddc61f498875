import type { Alert, Detector, Estimate, Heartbeat, Link } from './api-types.ts';
import { KnownAlerts } from './known-alerts.ts';

/** A link with the newest that is known of it. */
export interface KnownLink {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Absent for one of which only an estimate has come so far. */
  readonly link: Link | undefined;
  readonly estimate: Estimate | undefined;
}

export const linkIdOf = (from: string, to: string): string => `${from}:${to}`;

/** The network as the live stream has told of it. */
export class NetworkState {
  #links = new Map<string, Link>();
  #detectors = new Map<string, Detector>();
  #estimates = new Map<string, Estimate>();
  #alerts = new KnownAlerts();
  #heartbeat: Heartbeat | undefined;
  #clockAheadMs = 0;
  /** Of what is being told anew: shown when all of it has come, so that nothing vanishes meanwhile. */
  #coming: { detectors: Map<string, Detector>; estimates: Map<string, Estimate>; alerts: KnownAlerts } | undefined;
  #version = 0;
  /** Of what is shown, made once for each version. */
  #listed: { readonly version: number; readonly links: readonly KnownLink[] } | undefined;
  /** The newest of all times, as text: ISO 8601 in UTC sorts by time. */
  #newest = '';

  /** Rises with every change of detectors, links, estimates or alerts. */
  get version(): number {
    return this.#version;
  }

  get heartbeat(): Heartbeat | undefined {
    return this.#heartbeat;
  }

  get detectors(): ReadonlyMap<string, Detector> {
    return this.#detectors;
  }

  /** Of those that were told anew, another one. */
  get alerts(): KnownAlerts {
    return this.#alerts;
  }

  /** Now, by the clock of the server: that of this machine may be wrong. */
  nowMs(localMs: number): number {
    return localMs + this.#clockAheadMs;
  }

  /** The minute of the newest estimate; undefined while there is none. */
  newestMs(): number | undefined {
    return this.#newest === '' ? undefined : Date.parse(this.#newest);
  }

  nameOf(detectorId: string): string {
    const name = this.#detectors.get(detectorId)?.name ?? '';
    return name === '' ? detectorId : name;
  }

  links(): readonly KnownLink[] {
    if (this.#listed?.version === this.#version) return this.#listed.links;
    const ids = new Set([...this.#links.keys(), ...this.#estimates.keys()]);
    const links = [...ids].flatMap((id) => this.link(id) ?? []);
    this.#listed = { version: this.#version, links };
    return links;
  }

  link(id: string): KnownLink | undefined {
    const [link, estimate] = [this.#links.get(id), this.#estimates.get(id)];
    const ends = link ?? estimate;
    return ends && { id, from: ends.from_detector_id, to: ends.to_detector_id, link, estimate };
  }

  setLinks(links: readonly Link[]): void {
    this.#links = new Map(links.map((link) => [linkIdOf(link.from_detector_id, link.to_detector_id), link]));
    this.#version++;
  }

  begin(resumed: boolean): void {
    this.#coming = resumed ? undefined : { detectors: new Map(), estimates: new Map(), alerts: new KnownAlerts() };
  }

  takeDetector(detector: Detector): void {
    (this.#coming?.detectors ?? this.#detectors).set(detector.detector_id, detector);
    if (this.#coming === undefined) this.#version++;
  }

  takeEstimate(estimate: Estimate): void {
    const id = linkIdOf(estimate.from_detector_id, estimate.to_detector_id);
    (this.#coming?.estimates ?? this.#estimates).set(id, estimate);
    if (this.#coming !== undefined) return;
    this.#version++;
    if (estimate.time > this.#newest) this.#newest = estimate.time;
  }

  takeAlert(alert: Alert): void {
    (this.#coming?.alerts ?? this.#alerts).take(alert);
    if (this.#coming === undefined) this.#version++;
  }

  /** Everything has come up to here. */
  takeHeartbeat(heartbeat: Heartbeat, localMs: number): void {
    if (this.#coming !== undefined) {
      this.#detectors = this.#coming.detectors;
      this.#estimates = this.#coming.estimates;
      this.#alerts = this.#coming.alerts;
      this.#coming = undefined;
      this.#version++;
      this.#newest = '';
      for (const { time } of this.#estimates.values()) if (time > this.#newest) this.#newest = time;
    }
    this.#heartbeat = heartbeat;
    if (heartbeat.time !== null) this.#clockAheadMs = Date.parse(heartbeat.time) - localMs;
  }

  /** Whether an estimate tells of a link that the list of links has not. */
  hasUnknownLinks(): boolean {
    return [...this.#estimates.keys()].some((id) => !this.#links.has(id));
  }
}
