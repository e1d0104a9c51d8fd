/**
 * What the ECI part of a placement costs, with the arithmetic of Alibaba Cloud's lecture on Spark on ECI (Serverless
 * 容器从入门到精通, no. 04): price per second × seconds that are billed × pods, where the time until a pod has started is not
 * billed, and a Spot instance costs a tenth.
 *
 * Pods on ECS cost nothing here: those machines are paid for anyway.
 *
 * @module
 */

export interface EciPrice {
  /** Of one executor, with the discount that was agreed upon; at most 9 decimal places. */
  readonly yuanPerSecond: number;
  /** Time from the submission of the job to its end. */
  readonly jobSeconds: number;
  /** How much of it is start-up, which is not billed. */
  readonly startSeconds: number;
  /** Price of a Spot instance, percent of the ordinary one. */
  readonly spotPercent?: number;
}

export interface EciCost {
  readonly yuan: number;
  /** Undefined when the price of Spot instances is not known. */
  readonly spotYuan: number | undefined;
}

/** Money is counted in billionths of a yuan, where whole numbers of them are exact. */
const BILLIONTHS = 1_000_000_000;
const PERCENT = 100;

/** @param pods executors on ECI */
export function eciCost(
  { yuanPerSecond, jobSeconds, startSeconds, spotPercent }: EciPrice,
  pods: number,
): EciCost {
  const billedSeconds = Math.max(0, jobSeconds - startSeconds);
  const billionths = Math.round(yuanPerSecond * BILLIONTHS) * billedSeconds * pods;
  const spot = spotPercent === undefined ? undefined : (billionths * spotPercent) / (PERCENT * BILLIONTHS);
  return { yuan: billionths / BILLIONTHS, spotYuan: spot };
}

/** As the lecture writes it: `¥0.308736`. */
export function yuanText(yuan: number): string {
  return `¥${yuan.toFixed(9).replace(/\.?0+$/, '')}`;
}
