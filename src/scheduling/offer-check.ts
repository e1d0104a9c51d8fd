/**
 * Whether kube-scheduler offers as many nodes as its percentageOfNodesToScore, as we were told it, makes it offer. If it
 * offers fewer, offers that it cut off are taken for complete, and pods may go to a later unit too early; if it offers
 * more, pods are held up in vain. Judged by the longest offers, as shorter ones may be complete.
 *
 * @module
 */
import { mostOffered } from '../placement/offer.ts';

/** So many offers in a row have to say the same: kube-scheduler may know of other nodes than we do for a moment. */
const SURE = 10;
/** In a smaller cluster kube-scheduler offers all nodes in any case. */
const FEWEST_NODES = 200;
/** kube-scheduler's own rule where it is not set. */
const UNSET = 0;

export type OfferDifference = 'fewer' | 'more';

export interface OfferCheckParts {
  /** percentageOfNodesToScore of kube-scheduler as we were told it; 0: not set. */
  readonly percentage: number;
  /** Told when what the offers say changes; undefined: all is well again. */
  readonly changed: (difference: OfferDifference | undefined) => void;
}

export class OfferCheck {
  readonly #parts: OfferCheckParts;
  #nodeCount = 0;
  #suspicion: OfferDifference | undefined;
  #times = 0;
  #difference: OfferDifference | undefined;

  constructor(parts: OfferCheckParts) {
    this.#parts = parts;
  }

  /** What was seen to differ; undefined: nothing. */
  get difference(): OfferDifference | undefined {
    return this.#difference;
  }

  /**
   * kube-scheduler offered so many nodes.
   *
   * @param nodeCount nodes of the cluster.
   */
  saw(offered: number, nodeCount: number): void {
    if (nodeCount < FEWEST_NODES) return;
    if (nodeCount !== this.#nodeCount) this.#times = 0;
    this.#nodeCount = nodeCount;
    const most = mostOffered(nodeCount, this.#parts.percentage);
    const suspicion = this.#suspicionOf(offered, nodeCount, most);
    // Shorter offers say nothing either way.
    if (suspicion === undefined && offered !== most) return;
    this.#times = suspicion === this.#suspicion ? this.#times + 1 : 1;
    this.#suspicion = suspicion;
    if (this.#times < SURE || suspicion === this.#difference) return;
    this.#difference = suspicion;
    this.#parts.changed(suspicion);
  }

  #suspicionOf(offered: number, nodeCount: number, most: number): OfferDifference | undefined {
    if (offered > most) return 'more';
    return offered < most && offered === mostOffered(nodeCount, UNSET) ? 'fewer' : undefined;
  }
}

/** For people: what was seen, what follows, and the way out. Constant. */
export function differenceText(difference: OfferDifference, percentage: number): string {
  const told = percentage === 0 ? 'unset' : String(percentage);
  return difference === 'more'
    ? `kube-scheduler offers more nodes than with percentageOfNodesToScore ${told}, so pods are held up in vain: ` +
        'give --percentage-of-nodes-to-score the value of its configuration'
    : `kube-scheduler offers fewer nodes than with percentageOfNodesToScore ${told}, as if it were not set, so pods may ` +
        'go to a later unit too early: leave --percentage-of-nodes-to-score out, or set it in its configuration';
}
