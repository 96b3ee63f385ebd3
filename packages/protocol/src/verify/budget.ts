import { TokenBuckets } from '@tieline/kernel';

/** Verifying a signature is the dearest thing that a stranger can make us do. */
const BURST = 40;
const PER_SECOND = 20;

/**
 * How many signatures are verified of each topic, which comes here only under a key that is trusted for its
 * site. It is the only thing that a message without a proven author may change, and is not kept across restarts.
 */
export class VerificationBudget extends TokenBuckets {
  /** @param burst  verifications at once; `perSecond` afterwards */
  constructor(burst = BURST, perSecond = PER_SECOND) {
    super(burst, perSecond);
  }
}
