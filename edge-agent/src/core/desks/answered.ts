import { toHex } from '@tieline/kernel';
import type { Offer } from '@tieline/protocol';

/** Messages remembered one by one: as many as the verification budget lets through in ten seconds. */
const REMEMBERED_MAX = 256;

type Place = Pick<Offer, 'epoch' | 'seq'>;

/**
 * The offers of this session that have their receipt. Whoever recorded them can send them without end, however
 * many there are: the newest are known by their digest, and of each key all that is no newer than what was
 * forgotten counts as answered. An offer that overtakes 256 later ones is lost with them; the control plane, which
 * has one offer on its way at a time, makes another.
 */
export class Answered {
  /** By digest, oldest first. */
  readonly #remembered = new Map<string, Offer>();
  /** The newest forgotten offer of each key. */
  readonly #forgotten = new Map<string, Place>();

  has(offer: Offer): boolean {
    if (this.#remembered.has(toHex(offer.messageDigest))) return true;
    const forgotten = this.#forgotten.get(offer.kid);
    return forgotten !== undefined && !isAfter(offer, forgotten);
  }

  add(offer: Offer): void {
    this.#remembered.set(toHex(offer.messageDigest), offer);
    const [oldest] = this.#remembered;
    if (this.#remembered.size <= REMEMBERED_MAX || oldest === undefined) return;
    this.#forget(...oldest);
  }

  #forget(digest: string, offer: Offer): void {
    this.#remembered.delete(digest);
    const before = this.#forgotten.get(offer.kid);
    if (before === undefined || isAfter(offer, before)) this.#forgotten.set(offer.kid, offer);
  }
}

function isAfter(a: Place, b: Place): boolean {
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.seq > b.seq);
}
