import { classifyAddress } from '@tdc/shared/address-class.ts';
import type { AddressClass } from '@tdc/shared/event.ts';
import type { EpochTags } from '@tdc/shared/key-chain.ts';
import type { Sighting } from './sighting.ts';

/** Who a sighting is of, as far as anybody may know. */
export interface Identity {
  readonly addressClass: AddressClass;
  readonly deviceId: string;
  readonly previousDeviceId?: string;
  readonly keyEpoch: number;
  /** `deviceId` and `previousDeviceId` among the devices of all kinds. */
  readonly passageKey: string;
  readonly previousPassageKey?: string;
}

export type Identified =
  | { readonly ok: true; readonly identity: Identity }
  /** `problem` never holds the address. */
  | { readonly ok: false; readonly problem: string };

/** Addresses remembered at most; all are forgotten when there are more. */
const rememberedMax = 16_384;

/** The keys that pseudonyms are made with: a KeyChain. */
export interface PseudonymKeys {
  tagsAt(timeMs: number): EpochTags;
}

/**
 * Turns addresses into pseudonyms. Remembers those it has made, in memory, and never for longer than the keys that they were
 * made with hold.
 */
export class Pseudonyms {
  readonly #keys: PseudonymKeys;
  readonly #remembered = new Map<string, Identified>();
  #tags: EpochTags | undefined;

  constructor(keys: PseudonymKeys) {
    this.#keys = keys;
  }

  identify(sighting: Sighting): Identified {
    const tags = this.#keys.tagsAt(sighting.timeMs);
    if (tags !== this.#tags || this.#remembered.size >= rememberedMax) {
      this.#remembered.clear();
      this.#tags = tags;
    }
    const spelled = `${sighting.kind}/${sighting.addressType}/${sighting.address}`;
    const known = this.#remembered.get(spelled);
    if (known !== undefined) return known;
    const identified = identify(sighting, tags);
    this.#remembered.set(spelled, identified);
    return identified;
  }
}

function identify({ kind, address: spelled, addressType }: Sighting, tags: EpochTags): Identified {
  const classified = classifyAddress(kind, spelled, addressType);
  if (!classified.ok) return classified;
  const { address, addressClass } = classified;
  const deviceId = tags.tag(kind, address);
  const previousDeviceId = tags.previousTag(kind, address);
  return {
    ok: true,
    identity: {
      addressClass,
      deviceId,
      keyEpoch: tags.epoch,
      passageKey: `${kind}/${deviceId}`,
      ...(previousDeviceId === undefined
        ? {}
        : { previousDeviceId, previousPassageKey: `${kind}/${previousDeviceId}` }),
    },
  };
}
