import { createHash } from 'node:crypto';
import { isEventId } from '@tdc/shared/event-id.ts';
import { isDetectorId, isDeviceId } from '@tdc/shared/wire.ts';
import { invalid } from './filter.ts';

/** Place of an event in the order of a list: by id, whose first part is the reference time, then detector, then device. */
export interface ListPosition {
  readonly id: string;
  readonly detectorId: string;
  readonly deviceId: string;
}

/** What a token must fit: everything that decides which events a list holds and in what order. */
export function fingerprintOf(query: unknown): string {
  return createHash('sha256').update(JSON.stringify(query)).digest('base64url').slice(0, 16);
}

export function encodePageToken(fingerprint: string, position: ListPosition): string {
  const { id, detectorId, deviceId } = position;
  return tokenOf([fingerprint, id, detectorId, deviceId]);
}

/** Throws InvalidInputError for what is no token, or the token of another query. */
export function decodePageToken(fingerprint: string, token: string): ListPosition {
  const [id, detectorId, deviceId] = partsOf(fingerprint, token);
  if (id === undefined || detectorId === undefined || deviceId === undefined) throw notAToken();
  if (!isEventId(id) || !isDetectorId(detectorId) || !isDeviceId(deviceId)) throw notAToken();
  return { id, detectorId, deviceId };
}

/** Place in a list of estimates: the last minute of a link that was listed. */
export interface EstimatePosition {
  readonly fromDetectorId: string;
  readonly toDetectorId: string;
  readonly timeMs: number;
}

export function encodeEstimateToken(fingerprint: string, position: EstimatePosition): string {
  const { fromDetectorId, toDetectorId, timeMs } = position;
  return tokenOf([fingerprint, fromDetectorId, toDetectorId, String(timeMs)]);
}

/** Throws InvalidInputError for what is no token, or the token of another query. */
export function decodeEstimateToken(fingerprint: string, token: string): EstimatePosition {
  const [fromDetectorId = '', toDetectorId = '', time = ''] = partsOf(fingerprint, token);
  if (!isDetectorId(fromDetectorId) || !isDetectorId(toDetectorId) || !/^\d{1,15}$/.test(time)) throw notAToken();
  return { fromDetectorId, toDetectorId, timeMs: Number(time) };
}

const tokenOf = (parts: readonly string[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url');

const notAToken = () => invalid('page_token', 'not a token: expected the next_page_token of an earlier answer');

function partsOf(fingerprint: string, token: string): readonly string[] {
  const [tokenFingerprint, ...parts] = textsOf(token);
  if (tokenFingerprint === undefined || parts.length !== 3) throw notAToken();
  if (tokenFingerprint !== fingerprint) {
    throw invalid('page_token', 'of another query: expected the same filter, times and order as for the page before');
  }
  return parts;
}

function textsOf(token: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    throw notAToken();
  }
  return Array.isArray(value) && value.every((part) => typeof part === 'string') ? value : [];
}
